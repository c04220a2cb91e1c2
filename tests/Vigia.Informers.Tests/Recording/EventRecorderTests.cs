using Vigia.Controllers;
using Vigia.Informers.Tests.Election;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Recording;

/// <summary>Getting events to the server: queue, tries, stopping.</summary>
public sealed class EventRecorderTests
{
    private readonly RecordingFixture _fixture = new();

    [Fact]
    public Task A_full_queue_drops_and_counts_and_nobody_waits() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Before = (_, ct) => Task.Delay(TimeSpan.FromSeconds(1), _fixture.Clock, ct);
            var recorder = _fixture.Recorder(queue: 10, stopTimeout: 60);
            await using (recorder)
            {
                Assert.True(Record(recorder, 0));
                await _fixture.Delay(0.1);

                // One is being written, ten wait.
                Assert.Equal(10, Enumerable.Range(1, 30).Count(i => Record(recorder, i)));
                Assert.Equal(20, recorder.Counts.Dropped);
            }

            Assert.Equal(new EventRecorderCounts(Given: 31, Written: 11, Suppressed: 0, Failed: 0, Dropped: 20), recorder.Counts);
            Assert.False(Record(recorder, 31));
            Assert.Equal(21, recorder.Counts.Dropped);
        });

    [Fact]
    public Task A_callback_of_the_sink_that_throws_when_the_time_to_stop_is_over_ends_nothing_but_the_write() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Before = async (_, ct) =>
            {
                // Registered last, it is called first.
                var end = Hanging.UntilCancelledAsync(ct);
                await using var registration = ct.Register(() => throw new InvalidOperationException("a callback that throws"));
                await end;
            };
            var recorder = _fixture.Recorder(stopTimeout: 5);
            Assert.True(Record(recorder, 0));
            await _fixture.Delay(0.1);
            await recorder.DisposeAsync();

            Assert.Equal(new EventRecorderCounts(Given: 1, Written: 0, Suppressed: 0, Failed: 0, Dropped: 1), recorder.Counts);
        });

    [Fact]
    public Task Tries_twelve_times_ten_seconds_apart_the_first_pause_cut_at_random() =>
        _fixture.World.Run(async () =>
        {
            _fixture.Before = (_, _) => throw new KubernetesConnectionException("refused (injected)");
            await using var recorder = _fixture.Recorder();
            Record(recorder, 0);
            await _fixture.Delay(300);

            Assert.Equal(12, _fixture.Calls.Count);
            var pauses = _fixture.Calls.Zip(_fixture.Calls.Skip(1), (a, b) => (b.At - a.At).TotalSeconds).ToList();
            Assert.InRange(pauses[0], 0.01, 9.99);
            Assert.All(pauses.Skip(1), pause => Assert.Equal(10, pause, 0.001));
            Assert.Equal(1, recorder.Counts.Failed);

            // The next one is tried as if nothing had been.
            _fixture.Before = null;
            Record(recorder, 1);
            await _fixture.Delay(1);
            Assert.Single(_fixture.Events);
        });

    [Theory]
    [InlineData(500, 2)]
    [InlineData(429, 2)]
    [InlineData(403, 1)]
    [InlineData(422, 1)]
    public Task Only_what_may_succeed_later_is_tried_again(int code, int calls) =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            _fixture.Before = (_, _) =>
                _fixture.Calls.Count == 1 ? throw MemoryLeaseStore.Refusal(code, "Refused", "POST") : Task.CompletedTask;
            Record(recorder, 0);
            await _fixture.Delay(20);

            Assert.Equal(calls, _fixture.Calls.Count);
            Assert.Equal((calls == 2 ? 1 : 0, calls == 2 ? 0 : 1), (recorder.Counts.Written, recorder.Counts.Failed));
        });

    [Fact]
    public Task A_creation_whose_answer_was_lost_is_no_second_event() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            _fixture.After = _ => _fixture.Calls.Count == 1 ? new KubernetesConnectionException("broke (injected)") : null;
            Record(recorder, 0);
            await _fixture.Delay(20);
            Record(recorder, 0);
            await _fixture.Delay(1);

            Assert.Equal(2, Assert.Single(_fixture.Events.Values).Count);
            Assert.Equal(["POST", "POST", "PATCH"], _fixture.Calls.Select(call => call.Verb));
            Assert.Equal(2, recorder.Counts.Written);
        });

    [Fact]
    public Task Stopping_writes_what_waits_and_tries_each_once() =>
        _fixture.World.Run(async () =>
        {
            var recorder = _fixture.Recorder();
            _fixture.Before = (_, _) =>
                _fixture.Calls.Count % 2 == 1 ? throw new KubernetesConnectionException("refused (injected)") : Task.CompletedTask;
            for (var i = 0; i < 6; i++)
            {
                Record(recorder, i);
            }

            await recorder.DisposeAsync();
            await recorder.DisposeAsync();

            Assert.Equal(new EventRecorderCounts(Given: 6, Written: 3, Suppressed: 0, Failed: 3, Dropped: 0), recorder.Counts);
            Assert.InRange(_fixture.World.Now.TotalSeconds, 0, 1);
        });

    [Fact]
    public Task Stopping_ends_in_time_though_the_server_hangs_and_counts_what_is_lost() =>
        _fixture.World.Run(async () =>
        {
            var recorder = _fixture.Recorder();
            _fixture.Before = (_, ct) => Hanging.UntilCancelledAsync(ct);
            for (var i = 0; i < 6; i++)
            {
                Record(recorder, i);
            }

            await _fixture.Delay(1);
            await recorder.DisposeAsync();

            Assert.Equal(new EventRecorderCounts(Given: 6, Written: 0, Suppressed: 0, Failed: 0, Dropped: 6), recorder.Counts);
            Assert.Equal(6, _fixture.World.Now.TotalSeconds, 0.01);
        });

    [Fact]
    public Task A_recorder_that_was_never_used_stops_at_once() =>
        _fixture.World.Run(async () =>
        {
            await _fixture.Recorder().DisposeAsync();

            Assert.Equal(TimeSpan.Zero, _fixture.World.Now);
        });

    [Theory]
    [InlineData("web-1", "web-1.")]
    [InlineData("system:controller:Foo", "system-controller-foo.")]
    [InlineData(":", "event.")]
    public Task Names_are_unique_and_fit_for_a_server_whatever_the_subject_is_called(string subject, string stem) =>
        _fixture.World.Run(async () =>
        {
            await using (var recorder = _fixture.Recorder())
            {
                for (var i = 0; i < 3; i++)
                {
                    recorder.Record(RecordingFixture.Pod with { Name = subject }, EventType.Normal, $"Reason{i}", "at the same instant");
                    recorder.Record(
                        RecordingFixture.Pod with
                        {
                            Name = new string('x', 253),
                        },
                        EventType.Normal,
                        $"Reason{i}",
                        "at the same instant"
                    );
                }
            }

            Assert.Equal(6, _fixture.Events.Count);
            Assert.All(_fixture.Events.Keys, name => Assert.True(name.Length <= 253));
            Assert.Equal(3, _fixture.Events.Keys.Count(name => name.StartsWith(stem, StringComparison.Ordinal)));
        });

    [Fact]
    public Task Long_messages_are_cut_between_letters() =>
        _fixture.World.Run(async () =>
        {
            await using (var recorder = _fixture.Recorder())
            {
                recorder.Record(RecordingFixture.Pod, EventType.Normal, "Long", new string('x', 1022) + "🙂 and more");
                recorder.Record(RecordingFixture.Pod, EventType.Normal, "Short", new string('x', 1024));
            }

            Assert.Equal([new string('x', 1022) + "…", new string('x', 1024)], _fixture.Events.Values.Select(recorded => recorded.Message));
        });

    [Fact]
    public void Misuse_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new EventRecorder(_fixture, new EventRecorderOptions { Component = " " }));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new EventRecorder(_fixture, new EventRecorderOptions { Component = "c", QueueLength = 0 })
        );
        Assert.Throws<ArgumentException>(() => _fixture.Recorder().Record(RecordingFixture.Pod, EventType.Normal, "", "message"));
    }

    private static bool Record(EventRecorder recorder, int i) =>
        recorder.Record(RecordingFixture.Pod, EventType.Normal, $"Reason{i}", "message");
}
