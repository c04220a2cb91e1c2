using System.Diagnostics.Metrics;
using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>What a queue says of itself, as figures and as instruments.</summary>
public sealed class WorkQueueMetricsTests
{
    private readonly ManualTimeProvider _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_figures_say_what_was_added_waited_worked_and_retried()
    {
        using var queue = new WorkQueue<string>(null, _clock);
        queue.Add("a");
        queue.Add("a");
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal((1, 1L), (queue.Snapshot().Depth, queue.Snapshot().Adds));
        var item = await queue.GetAsync(Cancellation);
        Assert.Equal((0, 1, 50.0), (queue.Snapshot().Depth, queue.Snapshot().Processing, queue.Snapshot().Latency.TotalMilliseconds));
        _clock.Advance(TimeSpan.FromMilliseconds(25));
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");
        var during = queue.Snapshot();
        Assert.Equal(
            (2, 3L, 25.0, 25.0),
            (during.Depth, during.Adds, during.Unfinished.TotalMilliseconds, during.LongestRunning.TotalMilliseconds)
        );
        using var other = await queue.GetAsync(Cancellation);
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        during = queue.Snapshot();
        Assert.Equal((225.0, 125.0), (during.Unfinished.TotalMilliseconds, during.LongestRunning.TotalMilliseconds));
        item!.Dispose();
        queue.AddAfter("c", TimeSpan.FromSeconds(1));

        var after = queue.Snapshot();
        Assert.Equal((1L, 125.0, 1L, 1, 1), (after.Finished, after.Work.TotalMilliseconds, after.Retries, after.Delayed, after.Depth));
        Assert.Equal((2L, 50.0, 100.0), (after.Taken, after.Latency.TotalMilliseconds, after.Unfinished.TotalMilliseconds));
    }

    [Fact]
    public async Task A_named_queue_feeds_client_go_s_instruments_until_it_is_shut_down()
    {
        var name = $"q-{Guid.NewGuid():n}";
        using var listening = new Listening(name);
        using var queue = new WorkQueue<string>(new() { Name = name }, _clock);
        queue.Add("a");
        queue.Add("b");
        queue.AddAfter("c", TimeSpan.FromSeconds(1));
        Assert.Equal(2, listening.Gauges()["workqueue_depth"]);
        using var a = await queue.GetAsync(Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(1));
        using (await queue.GetAsync(Cancellation))
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
        }

        var gauges = listening.Gauges();
        Assert.Equal(
            (1, 3, 3),
            (gauges["workqueue_depth"], gauges["workqueue_unfinished_work_seconds"], gauges["workqueue_longest_running_processor_seconds"])
        );
        Assert.Equal((3, 1), (listening.Sums["workqueue_adds_total"], listening.Sums["workqueue_retries_total"]));
        Assert.Equal((1, 2), (listening.Sums["workqueue_queue_duration_seconds"], listening.Sums["workqueue_work_duration_seconds"]));
        queue.ShutDown();
        Assert.Empty(listening.Gauges());
    }

    [Fact]
    public async Task A_queue_that_drains_is_seen_until_it_is_empty()
    {
        var name = $"q-{Guid.NewGuid():n}";
        using var listening = new Listening(name);
        using var queue = new WorkQueue<string>(new() { Name = name }, _clock);
        queue.Add("a");
        var item = await queue.GetAsync(Cancellation);
        var drain = queue.ShutDownWithDrainAsync(Cancellation);
        Assert.NotEmpty(listening.Gauges());
        item!.Dispose();
        await drain;

        Assert.Empty(listening.Gauges());
    }

    /// <summary>Listens to the queue of one name.</summary>
    private sealed class Listening : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, double> _gauges = [];
        private readonly string _name;

        public Listening(string name)
        {
            _name = name;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == WorkQueueMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        public Dictionary<string, double> Sums { get; } = [];

        public Dictionary<string, double> Gauges()
        {
            _gauges.Clear();
            _listener.RecordObservableInstruments();
            return _gauges;
        }

        public void Dispose() => _listener.Dispose();

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (!tags.ToArray().Contains(new("name", _name)))
            {
                return;
            }

            if (instrument.IsObservable)
            {
                _gauges[instrument.Name] = value;
            }
            else
            {
                Sums[instrument.Name] = Sums.GetValueOrDefault(instrument.Name) + value;
            }
        }
    }
}
