using Vigia.Controllers;

namespace Vigia.Informers.Tests.Recording;

/// <summary>Counting, folding and holding back: conformance item 142.</summary>
public sealed class EventCorrelationTests
{
    private readonly RecordingFixture _fixture = new();

    [Fact]
    public Task The_same_event_again_only_raises_its_count() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 0; i < 5; i++)
            {
                recorder.Record(
                    RecordingFixture.Pod with
                    {
                        ResourceVersion = $"{i}",
                    },
                    EventType.Warning,
                    "BackOff",
                    "restarting failed container"
                );
                await _fixture.Delay(1);
            }

            var only = Assert.Single(_fixture.Events.Values);
            Assert.Equal((5, 4.0), (only.Count, (only.Last - only.First).TotalSeconds));
            Assert.Equal(["POST", "PATCH", "PATCH", "PATCH", "PATCH"], _fixture.Calls.Select(call => call.Verb));
        });

    [Fact]
    public Task Events_that_differ_in_subject_type_reason_field_or_message_are_different() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            recorder.Record(RecordingFixture.Pod, EventType.Normal, "Pulled", "image");
            recorder.Record(RecordingFixture.Pod, EventType.Warning, "Pulled", "image");
            recorder.Record(RecordingFixture.Pod, EventType.Normal, "Pulling", "image");
            recorder.Record(RecordingFixture.Pod, EventType.Normal, "Pulled", "another image");
            recorder.Record(RecordingFixture.Pod with { FieldPath = "spec.containers{web}" }, EventType.Normal, "Pulled", "image");
            recorder.Record(RecordingFixture.Pod with { Uid = "uid-2" }, EventType.Normal, "Pulled", "image");
            recorder.Record(RecordingFixture.Pod with { Name = "web-2" }, EventType.Normal, "Pulled", "image");
            await _fixture.Delay(1);

            Assert.Equal(7, _fixture.Events.Count);
            Assert.All(_fixture.Events.Values, recorded => Assert.Equal(1, recorded.Count));
        });

    [Fact]
    public Task From_the_tenth_message_with_one_reason_on_one_event_stands_for_them_all() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 1; i <= 20; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Warning, "Unhealthy", $"probe {i} failed");
                await _fixture.Delay(1);
            }

            Assert.Equal(10, _fixture.Events.Count);
            var folded = Assert.Single(_fixture.Events.Values, recorded => recorded.Count > 1);
            Assert.Equal((11, "(combined from similar events): probe 20 failed"), (folded.Count, folded.Message));
            Assert.Equal(
                Enumerable.Range(1, 9).Select(i => $"probe {i} failed"),
                _fixture.Events.Values.Where(recorded => recorded.Count == 1).Select(recorded => recorded.Message)
            );
        });

    [Fact]
    public Task A_known_message_still_counts_for_itself_when_others_are_folded() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 1; i <= 12; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Warning, "Unhealthy", $"probe {i} failed");
            }

            recorder.Record(RecordingFixture.Pod, EventType.Warning, "Unhealthy", "probe 1 failed");
            await _fixture.Delay(1);

            Assert.Equal(2, _fixture.Events.Values.Single(recorded => recorded.Message == "probe 1 failed").Count);
            Assert.Equal(3, _fixture.Events.Values.Single(recorded => recorded.Message.StartsWith('(')).Count);
        });

    [Theory]
    [InlineData(599, 1)]
    [InlineData(601, 0)]
    public Task A_group_starts_anew_after_ten_quiet_minutes(double quiet, int folded) =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 1; i <= 9; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Warning, "Unhealthy", $"probe {i} failed");
            }

            await _fixture.Delay(quiet);
            recorder.Record(RecordingFixture.Pod, EventType.Warning, "Unhealthy", "probe 10 failed");
            await _fixture.Delay(1);

            Assert.Equal(folded, _fixture.Events.Values.Count(recorded => recorded.Message.StartsWith('(')));
            Assert.Equal(10, _fixture.Events.Count);
        });

    [Fact]
    public Task One_object_gets_25_events_at_once_then_one_in_five_minutes_and_others_are_not_held_back() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 0; i < 60; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Normal, $"Reason{i}", "a message");
            }

            await _fixture.Delay(1);
            Assert.Equal(25, _fixture.Calls.Count);
            Assert.Equal(35, recorder.Counts.Suppressed);

            recorder.Record(RecordingFixture.Pod with { Name = "web-2" }, EventType.Normal, "Reason", "a message");
            await _fixture.Delay(1);
            Assert.Equal(26, _fixture.Calls.Count);

            // Five events every 100 s for half an hour: one in 300 s passes.
            for (var i = 0; i < 18; i++)
            {
                await _fixture.Delay(100);
                for (var j = 0; j < 5; j++)
                {
                    recorder.Record(RecordingFixture.Pod, EventType.Normal, $"Later{i}-{j}", "a message");
                }
            }

            await _fixture.Delay(1);
            Assert.Equal(26 + 6, _fixture.Calls.Count);
        });

    [Fact]
    public Task What_is_held_back_is_counted_and_told_by_the_next_that_passes() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 0; i < 100; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Warning, "BackOff", "again");
            }

            await _fixture.Delay(301);
            Assert.Equal(25, Assert.Single(_fixture.Events.Values).Count);
            recorder.Record(RecordingFixture.Pod, EventType.Warning, "BackOff", "again");
            await _fixture.Delay(1);

            Assert.Equal(101, Assert.Single(_fixture.Events.Values).Count);
        });

    [Fact]
    public Task An_event_first_held_back_is_made_with_its_count_when_it_passes() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            for (var i = 0; i < 25; i++)
            {
                recorder.Record(RecordingFixture.Pod, EventType.Normal, $"Reason{i}", "a message");
            }

            recorder.Record(RecordingFixture.Pod, EventType.Warning, "Late", "a message");
            await _fixture.Delay(301);
            recorder.Record(RecordingFixture.Pod, EventType.Warning, "Late", "a message");
            await _fixture.Delay(1);

            Assert.Equal("POST", _fixture.Calls[^1].Verb);
            Assert.Equal(2, _fixture.Events.Values.Single(recorded => recorded.Reason == "Late").Count);
        });

    [Fact]
    public Task An_event_that_the_server_forgot_is_made_anew_with_its_count() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder();
            recorder.Record(RecordingFixture.Pod, EventType.Normal, "Pulled", "image");
            await _fixture.Delay(1);
            _fixture.Events.Clear();
            recorder.Record(RecordingFixture.Pod, EventType.Normal, "Pulled", "image");
            await _fixture.Delay(1);

            Assert.Equal(2, Assert.Single(_fixture.Events.Values).Count);
            Assert.Equal(["POST", "PATCH", "POST"], _fixture.Calls.Select(call => call.Verb));
        });

    [Fact]
    public Task What_was_not_used_for_longest_is_forgotten_when_the_cache_is_full() =>
        _fixture.World.Run(async () =>
        {
            await using var recorder = _fixture.Recorder(cache: 3);
            foreach (var name in (string[])["a", "b", "c", "a", "d", "a", "b"])
            {
                recorder.Record(RecordingFixture.Pod with { Name = name }, EventType.Normal, "Pulled", "image");
            }

            await _fixture.Delay(1);

            // b was the oldest when d came.
            Assert.Equal(["POST", "POST", "POST", "PATCH", "POST", "PATCH", "POST"], _fixture.Calls.Select(call => call.Verb));
        });
}
