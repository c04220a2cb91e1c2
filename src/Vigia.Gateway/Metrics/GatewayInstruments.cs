using System.Diagnostics.Metrics;
using Vigia.Gateway.Endpoints.Metrics;

namespace Vigia.Gateway.Metrics;

/// <summary>
/// Measurements that are made as events happen; others are computed at a scrape (<see cref="MetricsEndpoint"/>).
/// </summary>
/// <remarks>Labels are of closed sets: never a name, an address or a caller.</remarks>
internal sealed class GatewayInstruments : IDisposable
{
    /// <summary>The meter's name, of every gateway in the process.</summary>
    public const string MeterName = "Vigia.Gateway";

    private readonly Histogram<double> _delivery;
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _reviews;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _refusals;

    public GatewayInstruments()
    {
        Meter = new Meter(MeterName);
        _delivery = Meter.CreateHistogram(
            "vigia_stream_delivery_seconds",
            "s",
            "Time from the receipt of a watch event to the flush to the client, for one notification batch in eight per stream.",
            null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Latencies }
        );
        _requests = Meter.CreateHistogram(
            "vigia_http_request_duration_seconds",
            "s",
            "Duration of requests other than streams.",
            null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Durations }
        );
        _reviews = Meter.CreateCounter<long>(
            "vigia_access_reviews_total",
            null,
            "Token reviews (token) and access reviews (access) at clusters, by answer."
        );
        _answers = Meter.CreateCounter<long>(
            "vigia_access_cache_hits_total",
            null,
            "Token and access reviews that were answered from the cache."
        );
        _refusals = Meter.CreateCounter<long>(
            "vigia_access_refusals_total",
            null,
            "Requests that were refused, by status code: 401 not authenticated, 403 not allowed, 429 too many, 503 not known now."
        );
    }

    /// <summary>Bounds for what takes from a tenth of a millisecond to a quarter of a minute.</summary>
    public static IReadOnlyList<double> Durations { get; } =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

    /// <summary>Bounds for deliveries: milliseconds are usual, minutes are those of readers that stall.</summary>
    public static IReadOnlyList<double> Latencies { get; } =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    /// <summary>The meter that the instruments are of.</summary>
    public Meter Meter { get; }

    /// <summary>A round of a stream was flushed.</summary>
    public void Delivered(string transport, TimeSpan since) =>
        _delivery.Record(since.TotalSeconds, new KeyValuePair<string, object?>("transport", transport));

    /// <summary>A request was answered.</summary>
    public void Answered(string method, string route, int code, TimeSpan took) =>
        _requests.Record(took.TotalSeconds, new("method", method), new("route", route), new("code", Code(code)));

    /// <summary>A review was sent to a cluster.</summary>
    public void Reviewed(string cluster, string kind, string answer) =>
        _reviews.Add(1, new("cluster", cluster), new("kind", kind), new("answer", answer));

    /// <summary>A review was answered from the cache.</summary>
    public void Remembered(string cluster, string kind) => _answers.Add(1, new("cluster", cluster), new("kind", kind));

    /// <summary>A request was refused.</summary>
    public void Refused(int code) => _refusals.Add(1, new KeyValuePair<string, object?>("code", Code(code)));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    // The codes that are in use, without an allocation each.
    private static string Code(int code) =>
        code switch
        {
            200 => "200",
            101 => "101",
            400 => "400",
            401 => "401",
            403 => "403",
            404 => "404",
            429 => "429",
            503 => "503",
            _ => code.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
}
