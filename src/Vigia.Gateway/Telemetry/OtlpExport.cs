using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Vigia.Gateway.Metrics;
using Vigia.Informers;
using Vigia.Live.Notifications;

namespace Vigia.Gateway.Telemetry;

/// <summary>Sends traces and metrics to a collector, for as long as the gateway runs.</summary>
/// <remarks>
/// <b>Guarantees.</b> Data waits in bounded queues on threads of its own: a slow or absent collector loses the
/// overflow, and has no other effect on the gateway. Dispose tries for a second to send the rest.
/// </remarks>
internal sealed class OtlpExport : IAsyncDisposable
{
    private static readonly TimeSpan LastTry = TimeSpan.FromSeconds(1);

    private static readonly string[] Signals = ["TRACES", "METRICS"];

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;
    private readonly StateMeter? _state;
    private readonly CollectorEvents? _events;

    /// <summary>Begins to send.</summary>
    /// <param name="options">The data to send, and the collector.</param>
    /// <param name="collect">The values that <c>/metrics</c> computes.</param>
    /// <param name="logger">Logs failures.</param>
    public OtlpExport(OtlpOptions options, Func<MetricText> collect, ILogger logger)
    {
        var log = new CollectorLog(logger);
        var resource = ResourceBuilder
            .CreateEmpty()
            .AddService("vigia", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3))
            .AddTelemetrySdk();
        if (options.UseEnvironment)
        {
            resource.AddEnvironmentVariableDetector();
        }

        var overGrpc = Signals.Where(signal => options.ProtocolOf(signal) == OtlpProtocol.Grpc).Select(options.AddressOf).ToArray();
        _events = overGrpc.Length > 0 ? new CollectorEvents(log, overGrpc) : null;
        if (options.Traces)
        {
            var traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource(
                    GatewayTracing.SourceName,
                    GatewayTracing.RequestSourceName,
                    NotificationTracing.SourceName,
                    InformerTracing.SourceName
                )
                .AddOtlpExporter(exporter =>
                {
                    Address(exporter, options, "TRACES", log);
                    if (
                        options.Interval is { } most
                        && most.TotalMilliseconds < exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds
                    )
                    {
                        exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = (int)most.TotalMilliseconds;
                    }
                });
            if (options.Sampling is { } part)
            {
                traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(part)));
            }

            _traces = traces.Build();
        }

        if (options.Metrics)
        {
            _state = new StateMeter(collect);
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(StateMeter.MeterName, GatewayInstruments.MeterName, ControllerMeters.WorkQueues, ControllerMeters.Controllers)
                .AddOtlpExporter(
                    (exporter, reader) =>
                    {
                        Address(exporter, options, "METRICS", log);
                        if (options.Interval is { } interval)
                        {
                            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)interval.TotalMilliseconds;
                        }
                    }
                )
                .Build();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Both wait for their threads, and these for the collector.
        await Task.WhenAll(
            Task.Run(() => _traces?.Shutdown((int)LastTry.TotalMilliseconds)),
            Task.Run(() => _metrics?.Shutdown((int)LastTry.TotalMilliseconds))
        );
        _traces?.Dispose();
        _metrics?.Dispose();
        _state?.Dispose();
        _events?.Dispose();
    }

    private static void Address(OtlpExporterOptions exporter, OtlpOptions options, string signal, CollectorLog log)
    {
        var address = options.AddressOf(signal);
        exporter.Endpoint = address;
        exporter.Protocol = options.ProtocolOf(signal) == OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (exporter.Protocol == OtlpExportProtocol.HttpProtobuf)
        {
            exporter.HttpClientFactory = () =>
                new HttpClient(new CollectorHandler(log, address)) { Timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds) };
        }
    }
}
