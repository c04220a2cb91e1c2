using System.Diagnostics.Metrics;

namespace Vigia.Controllers;

/// <summary>
/// The instruments of all controllers, with controller-runtime's names and the tag <c>controller</c>. Those of their
/// queues are in <see cref="WorkQueueMetrics"/>, tagged with the same name.
/// </summary>
public static class ControllerMetrics
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "Vigia.Controllers";

    private static readonly Meter Meter = new(MeterName);

    // controller-runtime's buckets.
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries =
        [
            0.005,
            0.01,
            0.025,
            0.05,
            0.1,
            0.15,
            0.2,
            0.25,
            0.3,
            0.35,
            0.4,
            0.45,
            0.5,
            0.6,
            0.7,
            0.8,
            0.9,
            1,
            1.25,
            1.5,
            1.75,
            2,
            2.5,
            3,
            3.5,
            4,
            4.5,
            5,
            6,
            7,
            8,
            9,
            10,
            15,
            20,
            25,
            30,
            40,
            50,
            60,
        ],
    };

    private static readonly Counter<long> Total = Meter.CreateCounter<long>(
        "controller_runtime_reconcile_total",
        null,
        "Reconciliations by result: success, requeue_after, error, aborted"
    );
    private static readonly Histogram<double> Time = Meter.CreateHistogram<double>(
        "controller_runtime_reconcile_time_seconds",
        "s",
        "Duration of reconciliations",
        null,
        Buckets
    );

    internal static void Count(string controller, string result, TimeSpan took)
    {
        Total.Add(1, new("controller", controller), new("result", result));
        Time.Record(took.TotalSeconds, new KeyValuePair<string, object?>("controller", controller));
    }
}
