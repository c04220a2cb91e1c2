using Vigia.Kubernetes.Tests.Exec;
using Vigia.Kubernetes.Workloads;
using Vigia.Kubernetes.Workloads.Logs;

namespace Vigia.Kubernetes.Tests.Logs;

public sealed class LogClientTests
{
    private const string Fast = "{simulator.vigia.dev/log-interval-ms: \"20\"}";

    private static CancellationToken Token => PodFixture.Token;

    [Fact]
    public async Task The_whole_log_its_tail_and_what_is_since_agree()
    {
        await using var fixture = await PodFixture.StartAsync();
        var logs = new LogClient(fixture.Simulator.Client);

        var all = await ReadAsync(logs, new LogOptions());
        var tail = await ReadAsync(logs, new LogOptions { TailLines = 5 });
        var since = await ReadAsync(logs, new LogOptions { Since = all[^1].Timestamp.AddSeconds(-20) });

        Assert.Contains("starting main of default/web-0", all[0].Text, StringComparison.Ordinal);
        Assert.True(all.Count > 10, $"{all.Count} lines");
        Assert.Equal(all.OrderBy(line => line.Timestamp).Select(line => line.Text), all.Select(line => line.Text));
        Assert.Equal(5, tail.Count);
        Assert.Contains(all[^1].Text, tail.Select(line => line.Text));
        Assert.InRange(since.Count, 1, all.Count - 1);
    }

    [Fact]
    public async Task A_followed_log_that_is_cut_again_and_again_loses_no_line_and_repeats_none()
    {
        await using var fixture = await PodFixture.StartAsync(annotations: Fast);
        var logs = new LogClient(fixture.Simulator.Client);
        var (lines, kinds) = (new List<LogEntry>(), new List<LogEntryKind>());

        await foreach (var entry in logs.ReadAsync(PodFixture.Pod, new LogOptions { Follow = true, TailLines = 10 }, Token))
        {
            if (entry.Kind == LogEntryKind.Line)
            {
                lines.Add(entry);
                if (lines.Count is 20 or 90 or 170)
                {
                    fixture.Simulator.Faults.CutConnections();
                }
            }
            else
            {
                kinds.Add(entry.Kind);
            }

            if (lines.Count == 260)
            {
                break;
            }
        }

        var kept = await ReadAsync(logs, new LogOptions());
        var from = kept.FindIndex(line => line.Timestamp == lines[0].Timestamp);
        Assert.Equal(
            kept.Skip(from).Take(260).Select(line => (line.Timestamp, line.Text)),
            lines.Select(line => (line.Timestamp, line.Text))
        );
        Assert.Equal(Enumerable.Repeat(new[] { LogEntryKind.Interrupted, LogEntryKind.Resumed }, 3).SelectMany(pair => pair), kinds);
    }

    [Fact]
    public async Task A_container_that_crashes_is_followed_into_its_next_run_after_its_last_words()
    {
        await using var fixture = await PodFixture.StartAsync(annotations: Fast);
        var (kinds, texts) = (new List<LogEntryKind>(), new List<string>());

        await foreach (
            var entry in new LogClient(fixture.Simulator.Client).ReadAsync(
                PodFixture.Pod,
                new LogOptions { Follow = true, TailLines = 1 },
                Token
            )
        )
        {
            texts.Add(entry.Text);
            if (entry.Kind != LogEntryKind.Line)
            {
                kinds.Add(entry.Kind);
            }

            if (texts.Count == 5)
            {
                var ended = fixture.Ended(1, -60, 0);
                await fixture.StateAsync("web-0", 0, ended);
            }
            else if (entry.Kind == LogEntryKind.Waiting)
            {
                var ended = fixture.Ended(1, -60, 0);
                await fixture.StateAsync("web-0", 1, fixture.Running(), ended);
            }
            else if (entry.Text.Contains("restart 1", StringComparison.Ordinal) && entry.Kind == LogEntryKind.Line)
            {
                break;
            }
        }

        Assert.Equal([LogEntryKind.Waiting, LogEntryKind.Restarted], kinds);
        Assert.Contains("exit status 1", texts);
    }

    [Fact]
    public async Task The_previous_run_is_there_with_its_reason_and_its_absence_is_one_sentence()
    {
        await using var fixture = await PodFixture.StartAsync();
        var logs = new LogClient(fixture.Simulator.Client);

        var none = await Assert.ThrowsAsync<KubernetesApiException>(() => ReadAsync(logs, new LogOptions { Previous = true }));
        Assert.Equal("previous terminated container \"main\" in pod \"web-0\" not found", none.Message);

        var ended = fixture.Ended(2, -60, -5);
        await fixture.StateAsync("web-0", 1, fixture.Running(-3), ended);
        Assert.Equal("exit status 2", (await ReadAsync(logs, new LogOptions { Previous = true }))[^1].Text);
    }

    [Fact]
    public async Task A_pod_that_is_deleted_ends_its_followed_log()
    {
        await using var fixture = await PodFixture.StartAsync(annotations: Fast);
        var entries = new List<LogEntry>();

        await foreach (
            var entry in new LogClient(fixture.Simulator.Client).ReadAsync(
                PodFixture.Pod,
                new LogOptions { Follow = true, TailLines = 1 },
                Token
            )
        )
        {
            entries.Add(entry);
            if (entries.Count == 3)
            {
                await fixture.Simulator.Objects.DeleteAsync("pods", "web-0", Token);
            }
        }

        Assert.Equal((LogEntryKind.Ended, "the pod is gone"), (entries[^1].Kind, entries[^1].Text));
    }

    [Fact]
    public async Task A_container_yet_to_start_is_waited_for()
    {
        await using var fixture = await PodFixture.StartAsync(annotations: Fast);
        await fixture.StateAsync("web-0", 0, """{"waiting":{"reason":"ImagePullBackOff"}}""", phase: "Pending");
        var texts = new List<string>();

        await foreach (
            var entry in new LogClient(fixture.Simulator.Client).ReadAsync(PodFixture.Pod, new LogOptions { Follow = true }, Token)
        )
        {
            texts.Add(entry.Text);
            if (entry.Kind == LogEntryKind.Waiting)
            {
                await fixture.StateAsync("web-0", 0, fixture.Running());
            }

            if (texts.Count == 3)
            {
                break;
            }
        }

        Assert.Equal("waiting for the container to start: ImagePullBackOff", texts[0]);
        Assert.Contains("starting main", texts[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-21T08:00:00.123456789Z hello world\n2026-11-21T08:00:00.123456789Z \nno time here\n", "hello world||no time here")]
    [InlineData(
        "2026-11-21T08:00:00Z a\n2026-11-21T10:00:00+02:00 b\n2026-11-21T08:00:00.5Z last without an end",
        "a|b|last without an end"
    )]
    public async Task Lines_are_taken_apart(string text, string expected)
    {
        var reader = new LogLineReader(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), 4096);
        var lines = new List<string>();
        while (await reader.ReadAsync(Token) is { } line)
        {
            Assert.Equal(new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero), line.At, TimeSpan.FromSeconds(1));
            lines.Add(System.Text.Encoding.UTF8.GetString(line.Bytes));
        }

        Assert.Equal(expected, string.Join('|', lines));
    }

    [Fact]
    public void A_position_drops_what_was_read_and_notices_what_is_gone()
    {
        var at = new DateTimeOffset(2026, 11, 21, 8, 0, 0, TimeSpan.Zero);
        var position = default(LogPosition);
        Assert.True(position.Take(at, out _) && position.Take(at, out _));

        position.Resume();
        Assert.False(position.Take(at.AddSeconds(-1), out _));
        Assert.False(position.Take(at, out _));
        Assert.False(position.Take(at, out _));
        Assert.True(position.Take(at, out var gap));
        Assert.False(gap);

        position.Resume();
        Assert.True(position.Take(at.AddSeconds(5), out gap));
        Assert.True(gap);
    }

    private static async Task<List<LogEntry>> ReadAsync(LogClient logs, LogOptions options)
    {
        var entries = new List<LogEntry>();
        await foreach (var entry in logs.ReadAsync(PodFixture.Pod, options, Token))
        {
            entries.Add(entry);
        }

        return entries;
    }
}
