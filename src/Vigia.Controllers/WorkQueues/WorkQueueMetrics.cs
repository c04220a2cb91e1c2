using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Vigia.Controllers;

/// <summary>
/// The instruments of all named queues, under client-go's names and in its units, tagged <c>name</c>.
/// </summary>
/// <remarks>
/// Gauges are read on demand; there is no updater. A queue is left out from the moment it is shut down.
/// </remarks>
public static class WorkQueueMetrics
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "Vigia.Controllers.WorkQueues";

    private static readonly Meter Meter = new(MeterName);
    private static readonly ConcurrentDictionary<IObservedQueue, string> Queues = new();

    // component-base's buckets: ten times as long each, from 10 ns to 1,000 s.
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000],
    };
    private static readonly Counter<long> Adds = Meter.CreateCounter<long>("workqueue_adds_total", null, "Keys added");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("workqueue_retries_total", null, "Keys added after a delay");
    private static readonly Histogram<double> Latency = Meter.CreateHistogram<double>(
        "workqueue_queue_duration_seconds",
        "s",
        "How long a key waited in the queue",
        null,
        Buckets
    );
    private static readonly Histogram<double> Work = Meter.CreateHistogram<double>(
        "workqueue_work_duration_seconds",
        "s",
        "How long a key was processed",
        null,
        Buckets
    );

    static WorkQueueMetrics()
    {
        Meter.CreateObservableGauge(
            "workqueue_depth",
            static () => Observe(static snapshot => (double)snapshot.Depth),
            null,
            "Keys in the queue"
        );
        Meter.CreateObservableGauge(
            "workqueue_unfinished_work_seconds",
            static () => Observe(static snapshot => snapshot.Unfinished.TotalSeconds),
            "s",
            "Total time that the keys being processed have been processed"
        );
        Meter.CreateObservableGauge(
            "workqueue_longest_running_processor_seconds",
            static () => Observe(static snapshot => snapshot.LongestRunning.TotalSeconds),
            "s",
            "How long the oldest key has been processed"
        );
    }

    internal static void Register(IObservedQueue queue, string name) => Queues[queue] = name;

    internal static void Remove(IObservedQueue queue) => Queues.TryRemove(queue, out _);

    // A queue without a name has no metrics.
    internal static void Added(string? name, int count)
    {
        if (name is not null && count > 0)
        {
            Adds.Add(count, Tag(name));
        }
    }

    internal static void Retried(string? name)
    {
        if (name is not null)
        {
            Retries.Add(1, Tag(name));
        }
    }

    internal static void Taken(string? name, TimeSpan? latency)
    {
        if (name is not null && latency is { } waited)
        {
            Latency.Record(waited.TotalSeconds, Tag(name));
        }
    }

    internal static void Finished(string? name, TimeSpan work)
    {
        if (name is not null)
        {
            Work.Record(work.TotalSeconds, Tag(name));
        }
    }

    private static KeyValuePair<string, object?> Tag(string name) => new("name", name);

    private static IEnumerable<Measurement<double>> Observe(Func<WorkQueueSnapshot, double> value) =>
        Queues.Select(pair => new Measurement<double>(value(pair.Key.Snapshot()), Tag(pair.Value)));
}

/// <summary>A queue as the instruments see it, whatever its keys are.</summary>
internal interface IObservedQueue
{
    WorkQueueSnapshot Snapshot();
}
