using System.Text;
using Vigia.Catalog;
using Vigia.Gateway.Hosting;
using Vigia.Informers;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Streams;

public sealed class RightsTests
{
    [Fact]
    public async Task What_is_no_longer_allowed_leaves_as_deleted_and_without_its_contents()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a", "default");
        fixture.Put("b", "kube-system");
        var gateway = await fixture.GatewayAsync();
        var rights = new Rights("default", "kube-system");
        var (source, sink) = Open(gateway, rights);
        await PumpAsync(source, sink, "+a +b");
        rights.Set("default");
        fixture.Put("c", "kube-system");
        await PumpAsync(source, sink, "+a +b +c -b -c", "+a +b +c -c -b", "+a +b -b");
        Assert.All(
            sink.Lines.Skip(2).Where(line => line.Contains("\"reason\":\"access\"", StringComparison.Ordinal)),
            line => Assert.DoesNotContain("row", line, StringComparison.Ordinal)
        );
        fixture.Put("b", "kube-system", annotation: "x");
        fixture.Put("a", "default", annotation: "x");
        await Eventually.TrueAsync(
            async () =>
                await source.PumpAsync(sink, TestContext.Current.CancellationToken) && sink.Story.EndsWith("~a", StringComparison.Ordinal),
            "only what is allowed goes on"
        );
        Assert.DoesNotContain("~b", sink.Story, StringComparison.Ordinal);
        await source.DisposeAsync();
    }

    [Fact]
    public async Task What_becomes_allowed_comes_as_added_and_the_cursor_of_the_old_rights_is_another_one()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a", "default");
        fixture.Put("b", "kube-system");
        var gateway = await fixture.GatewayAsync();
        var rights = new Rights("default");
        var (source, sink) = Open(gateway, rights);
        await PumpAsync(source, sink, "+a");
        var before = source.View.Fingerprint;
        rights.Set("default", "kube-system");
        await PumpAsync(source, sink, "+a +b");
        Assert.NotEqual(before, source.View.Fingerprint);
        await source.DisposeAsync();
    }

    private static (LiveSubscription Source, RecordingSink Sink) Open(GatewayServer gateway, Rights rights)
    {
        var feed = gateway.Clusters.Sessions[0].Find("pods")!;
        var view = new FeedView(feed, LiveQuery.Everything, rights);
        return (new LiveSubscription(view, null, StreamDelivery.Latest, null, ResetReason.Start, TimeProvider.System), new RecordingSink());
    }

    private static Task PumpAsync(LiveSubscription source, RecordingSink sink, params string[] stories) =>
        Eventually.TrueAsync(
            async () =>
            {
                await source.PumpAsync(sink, TestContext.Current.CancellationToken);
                return stories.Contains(sink.Story);
            },
            string.Join(" or ", stories)
        );

    /// <summary>Namespaces that are allowed, until told otherwise.</summary>
    private sealed class Rights(params string[] namespaces) : IViewRights
    {
        private volatile string[] _namespaces = namespaces;
        private TaskCompletionSource _change = new();

        public bool IsEverything => false;

        public Task NextChange => Volatile.Read(ref _change).Task;

        public void Set(params string[] namespaces)
        {
            _namespaces = namespaces;
            Interlocked.Exchange(ref _change, new TaskCompletionSource()).SetResult();
        }

        public bool Allows(string cluster, ResourceEntry entry, string ns) => _namespaces.Contains(ns);

        public string Fingerprint(string cluster, ResourceEntry entry) => string.Join(',', _namespaces.Order());

        public Task PrepareAsync(string cluster, ResourceEntry entry, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class RecordingSink : IStreamSink
    {
        private readonly List<string> _story = [];

        public List<string> Lines { get; } = [];

        public string Story => string.Join(' ', _story);

        public ChangeShape Shape => ChangeShape.Summary;

        public void Reset(LiveSubscription source, ResetReason reason) { }

        public void Change(LiveSubscription source, DeltaKind kind, ReadOnlyMemory<byte> line)
        {
            var text = Encoding.UTF8.GetString(line.Span);
            Lines.Add(text);
            var name = text.Split("\"name\":\"")[1].Split('"')[0];
            _story.Add(
                (
                    kind switch
                    {
                        DeltaKind.Added => "+",
                        DeltaKind.Updated => "~",
                        _ => "-",
                    }
                ) + name
            );
        }

        public void Synced(LiveSubscription source, int objects) { }

        public void Freshness(LiveSubscription source, Freshness freshness) { }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
