using System.Globalization;
using Vigia.Gateway.Telemetry;

namespace Vigia.Gateway.Configuration;

/// <summary><c>otlp</c>: traces and metrics for a collector.</summary>
internal static class OtlpSection
{
    private enum ProtocolWord
    {
        Environment,
        Http,
        Grpc,
    }

    public static OtlpOptions Read(SectionReader section)
    {
        var absent = new OtlpOptions();
        Uri? endpoint = null;
        if (
            section.Text(
                "endpoint",
                null,
                "The collector, such as http://collector:4318. Default: OTEL_EXPORTER_OTLP_ENDPOINT; without both nothing is sent.",
                "url"
            )
                is { } text
            && !(Uri.TryCreate(text, UriKind.Absolute, out endpoint) && endpoint.Scheme is "http" or "https")
        )
        {
            section.Fault("endpoint", $"'{text}' is not an address of the form http://HOST:PORT");
            endpoint = null;
        }

        var protocol = section.Word(
            "protocol",
            ProtocolWord.Environment,
            "The collector's protocol. environment: OTEL_EXPORTER_OTLP_PROTOCOL, else http (protobuf over HTTP)."
        );
        var interval = section.Has("interval");
        var options = new OtlpOptions
        {
            Endpoint = endpoint,
            UseEnvironment = true,
            Protocol = protocol switch
            {
                ProtocolWord.Http => OtlpProtocol.Http,
                ProtocolWord.Grpc => OtlpProtocol.Grpc,
                _ => null,
            },
            Traces = section.Flag("traces", absent.Traces, "Send traces: requests, lists, watches, notification batches."),
            Metrics = section.Flag("metrics", absent.Metrics, "Send the gateway's own metrics, as at /metrics."),
        };
        var every = section.Duration(
            "interval",
            TimeSpan.FromSeconds(60),
            TimeSpan.FromMilliseconds(100),
            TimeSpan.FromHours(1),
            "How often metrics are sent, and the longest wait of traces. Default: OTEL_METRIC_EXPORT_INTERVAL, else 60 s."
        );
        var sampling = Sampling(section);
        section.Finish();
        return options with { Interval = interval ? every : null, Sampling = sampling };
    }

    private static double? Sampling(SectionReader section)
    {
        if (
            section.Text(
                "sampling",
                null,
                "The fraction of traces that is sent, from 0 to 1. Default: OTEL_TRACES_SAMPLER, else all.",
                "fraction"
            )
            is not { } text
        )
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var part) && part is >= 0 and <= 1)
        {
            return part;
        }

        section.Fault("sampling", $"'{text}' is not a number from 0 to 1");
        return null;
    }
}
