using System.Threading.Channels;
using Vigia.Kubernetes.Tests.Exec;
using Vigia.Kubernetes.Workloads;

namespace Vigia.Kubernetes.Tests.Logs;

public sealed class MergedLogsTests
{
    private static CancellationToken Token => PodFixture.Token;

    [Fact]
    public async Task Logs_of_several_containers_come_in_the_order_of_their_times()
    {
        await using var fixture = await PodFixture.StartAsync();
        await fixture.AddAsync("web-1");
        var merged = new MergedLogs(new LogClient(fixture.Simulator.Client));
        LogTarget[] targets =
        [
            new(PodFixture.Pod, "main"),
            new(PodFixture.Pod, "proxy"),
            new(new ObjectKey("default", "web-1"), "main"),
            new(new ObjectKey("default", "nobody")),
        ];
        var entries = new List<LogEntry>();

        await foreach (var entry in merged.ReadAsync(targets, new LogOptions { TailLines = 8 }, Token))
        {
            entries.Add(entry);
        }

        var lines = entries.Where(entry => entry.Kind == LogEntryKind.Line).ToList();
        Assert.Equal(24, lines.Count);
        Assert.Equal(lines.OrderBy(line => line.Timestamp).Select(line => line.Text), lines.Select(line => line.Text));
        var failed = Assert.Single(entries, entry => entry.Kind == LogEntryKind.Ended);
        Assert.Equal("pods \"nobody\" not found in namespace \"default\"", failed.Text);
    }

    [Fact]
    public async Task Pods_join_and_leave_a_stream_that_is_followed()
    {
        const string Fast = "{simulator.vigia.dev/log-interval-ms: \"20\"}";
        await using var fixture = await PodFixture.StartAsync(annotations: Fast);
        await fixture.AddAsync("web-1", Fast);
        var second = new LogTarget(new ObjectKey("default", "web-1"), "main");
        var targets = Channel.CreateUnbounded<LogTargetChange>();
        targets.Writer.TryWrite(new(new LogTarget(PodFixture.Pod, "main")));
        var (phase, since) = (0, 0);

        await foreach (
            var entry in new MergedLogs(new LogClient(fixture.Simulator.Client)).ReadAsync(
                targets.Reader.ReadAllAsync(Token),
                new LogOptions { Follow = true, TailLines = 1 },
                Token
            )
        )
        {
            var other = entry.Pod.Name == "web-1";
            since = other ? 0 : since + 1;
            if (phase == 0 && !other)
            {
                phase = 1;
                targets.Writer.TryWrite(new(second));
            }
            else if (phase == 1 && other)
            {
                phase = 2;
                targets.Writer.TryWrite(new(second, IsGone: true));
            }
            else if (phase == 2 && since > 60)
            {
                return; // sixty lines of the one, and none of the other any more
            }
        }

        Assert.Fail("the stream ended by itself");
    }
}
