using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Clusters;

/// <summary>
/// What clients wait for that come back: the server's history and its revision. Whatever goes wrong there, nobody waits
/// for ever.
/// </summary>
public sealed class HistoryReadingTests
{
    [Fact]
    public async Task A_history_that_fails_in_an_unforeseen_way_is_gone_and_nobody_waits_for_it()
    {
        var logs = new CapturedLogs();
        var server = new OddServer { OnWatch = () => throw new InvalidOperationException("nobody foresaw this") };
        await using var informer = new SharedInformer(server);
        var replay = new HistoryReplay(informer, null, TimeProvider.System, logs.CreateLogger("history"));
        await using var reader = replay.ReadAfter(10);

        await Eventually.TrueAsync(() => !reader.Read([]), "the reader is told that the history is gone");

        Assert.Contains("nobody foresaw this", Assert.Single(logs.Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_fails_in_an_unforeseen_way_when_asked_for_its_revision_is_asked_again()
    {
        var time = new ManualTimeProvider();
        var server = new OddServer { OnList = () => throw new InvalidOperationException("nobody foresaw this") };
        await using var informer = new SharedInformer(server);
        var probe = new RevisionProbe(informer, time, NullLogger.Instance, TestContext.Current.CancellationToken);

        var failed = probe.AskAsync();
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(5));
                return failed.IsCompleted;
            },
            "the failure is told"
        );
        Assert.True((await failed).Revision.IsNone);

        server.OnList = () => 7;
        Assert.Equal(ResourceVersion.FromNumber(7), (await probe.AskAsync()).Revision);
    }

    [Fact]
    public async Task An_answer_from_before_a_client_came_is_asked_for_again_and_one_since_is_shared()
    {
        var time = new ManualTimeProvider();
        ulong revision = 10;
        var server = new OddServer { OnList = () => revision++ };
        await using var informer = new SharedInformer(server);
        var probe = new RevisionProbe(informer, time, NullLogger.Instance, TestContext.Current.CancellationToken);

        var first = await probe.AskAsync();
        time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(first, await probe.AskAsync());

        var came = time.GetTimestamp();
        var second = await probe.AskAsync(came);
        Assert.Equal(ResourceVersion.FromNumber(11), second.Revision);
        Assert.True(second.AskedAt >= came);
        Assert.Equal(second, await probe.AskAsync(came));
    }

    /// <summary>A server that answers as the test says.</summary>
    private sealed class OddServer : IListerWatcher
    {
        public Func<ulong> OnList { get; set; } = () => 1;

        public Func<IWatchStream> OnWatch { get; set; } = () => throw new NotSupportedException();

        public GroupVersionResource Resource => KnownResources.Pods;

        public string Cluster => "odd";

        public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken) =>
            Task.FromResult(new ListPage(ResourceVersion.FromNumber(OnList()), "", null, 0));

        public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) => Task.FromResult(OnWatch());
    }
}
