using System.Diagnostics.Metrics;

namespace Vigia.Informers.Controllers;

/// <summary>The instruments of all controllers, under controller-runtime's names, tagged <c>controller</c>; the queue's own are <see cref="Vigia.Informers.Queues.WorkQueueMetrics"/>, tagged with the same name.</summary>
public static class ControllerMetrics
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "Vigia.Informers.Controllers";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Total = Meter.CreateCounter<long>("controller_runtime_reconcile_total", null, "Reconciliations by result: success, requeue_after, error, aborted");
    private static readonly Histogram<double> Time = Meter.CreateHistogram<double>("controller_runtime_reconcile_time_seconds", "s", "How long a reconciliation took");

    internal static void Count(string controller, string result, TimeSpan took)
    {
        Total.Add(1, new("controller", controller), new("result", result));
        Time.Record(took.TotalSeconds, new KeyValuePair<string, object?>("controller", controller));
    }
}
