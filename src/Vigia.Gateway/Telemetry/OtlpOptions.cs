namespace Vigia.Gateway.Telemetry;

/// <summary>The export of traces and metrics (OpenTelemetry's protocol, OTLP). Off by default.</summary>
/// <remarks>
/// Missing values are taken from the environment, by OpenTelemetry's own names: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>
/// (also for traces and metrics alone), <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>, <c>OTEL_EXPORTER_OTLP_HEADERS</c>,
/// <c>OTEL_METRIC_EXPORT_INTERVAL</c>, <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_SERVICE_NAME</c>,
/// <c>OTEL_RESOURCE_ATTRIBUTES</c>; <c>OTEL_SDK_DISABLED=true</c> turns all of it off.
/// </remarks>
public sealed record OtlpOptions
{
    private static readonly string[] Endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    ];

    /// <summary>The collector, as <c>http://collector:4318</c>; null for the environment's.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// True to take missing values from the environment, as the command does. Default false, for programs.
    /// </summary>
    public bool UseEnvironment { get; init; }

    /// <summary>How the collector is spoken to; null for the environment's word, else HTTP.</summary>
    public OtlpProtocol? Protocol { get; init; }

    /// <summary>False to send no traces. Default true.</summary>
    public bool Traces { get; init; } = true;

    /// <summary>False to send no metrics. Default true.</summary>
    public bool Metrics { get; init; } = true;

    /// <summary>
    /// How often metrics are sent; traces, which are every 5 s, wait no longer either. Null for the environment's word,
    /// else 60 s.
    /// </summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The part of traces that is sent, from 0 to 1; null for the environment's sampler, else all.</summary>
    public double? Sampling { get; init; }

    /// <summary>True if something is sent.</summary>
    internal bool IsOn =>
        (Traces || Metrics)
        && !(UseEnvironment && string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        && (Endpoint is not null || (UseEnvironment && Endpoints.Any(name => Variable(name).Length > 0)));

    /// <summary>The protocol that is spoken for <paramref name="signal"/> (<c>TRACES</c> or <c>METRICS</c>).</summary>
    internal OtlpProtocol ProtocolOf(string signal) =>
        Protocol
        ?? (
            UseEnvironment && Said($"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc"
                ? OtlpProtocol.Grpc
                : OtlpProtocol.Http
        );

    /// <summary>The whole address for <paramref name="signal"/>.</summary>
    internal Uri AddressOf(string signal)
    {
        // An address for one signal alone is whole; one for all gets the signal's path, but over gRPC.
        if (Endpoint is null && Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 } own)
        {
            return new Uri(own);
        }

        var root =
            Endpoint
            ?? new Uri(
                Said("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } said ? said
                : ProtocolOf(signal) == OtlpProtocol.Grpc ? "http://localhost:4317"
                : "http://localhost:4318"
            );
        return ProtocolOf(signal) == OtlpProtocol.Grpc ? root : new Uri($"{root.ToString().TrimEnd('/')}/v1/{signal.ToLowerInvariant()}");
    }

    private static string Said(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Variable(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return "";
    }

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? "";
}
