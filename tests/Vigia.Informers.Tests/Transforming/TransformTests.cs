using System.Buffers;
using System.Text;
using Vigia.Informers.Transforming;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Transforming;

/// <summary>Transforms: what is kept of an object, and that one which fails hurts nothing else.</summary>
public sealed class TransformTests
{
    [Fact]
    public async Task What_the_transform_writes_is_held_and_delivered_from_lists_and_watches()
    {
        await using var fixture = new TransformFixture(
            (item, keep) => Write(keep, Text(item).Replace("\"value\":", "\"kept\":", StringComparison.Ordinal))
        );
        fixture.Server.Put("a", "1");
        await fixture.StartAsync();
        fixture.Server.Put("b", "2");
        await fixture.HoldsAsync(2);

        Assert.Equal(["kept=1", "kept=2"], fixture.Informer.Store.List().Select(o => o.Labels.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(0, fixture.Informer.Counters.TransformFailures);
    }

    [Fact]
    public async Task A_transform_that_writes_nothing_keeps_the_object_as_it_came()
    {
        var source = new List<RawObject>();
        await using var fixture = new TransformFixture((item, _) => source.Add(item));
        fixture.Server.Put("a", "1");
        await fixture.StartAsync();

        Assert.Same(Assert.Single(source), Assert.Single(fixture.Informer.Store.List()));
    }

    [Fact]
    public async Task A_transform_that_fails_leaves_an_entry_that_says_so_is_counted_and_ends_neither_list_nor_watch()
    {
        await using var fixture = new TransformFixture(
            (item, _) =>
            {
                if (item.Labels[0].Value == "bad")
                {
                    throw new InvalidOperationException("no use for \"bad\"");
                }
            }
        );
        fixture.Server.Put("a", "bad");
        fixture.Server.Put("b", "good");
        await fixture.StartAsync();
        fixture.Server.Put("c", "bad");
        fixture.Server.Put("d", "good");
        await fixture.HoldsAsync(4);

        var reasons = fixture.Informer.Store.List().OrderBy(o => o.Name, StringComparer.Ordinal).Select(TransformFailure.Of);
        Assert.Equal(["no use for \"bad\"", null, "no use for \"bad\"", null], reasons);
        Assert.Equal(2, fixture.Informer.Counters.TransformFailures);
        Assert.Equal(["LIST rv=0 limit=500", "WATCH rv=12"], fixture.Server.Requests);
        var failed = fixture.Informer.Store.Get(new ObjectKey("default", "a"))!;
        Assert.Equal(("uid-1", "11", "value=bad"), (failed.Uid, failed.ResourceVersion.ToString(), failed.Labels.ToString()));

        // The next version is another chance.
        fixture.Server.Put("a", "good");
        await Eventually.TrueAsync(
            () => TransformFailure.Of(fixture.Informer.Store.Get(failed.Key)!) is null,
            "the next version is held whole"
        );
    }

    [Fact]
    public async Task An_object_is_transformed_once_and_a_deletion_found_by_a_relist_tells_of_what_was_held()
    {
        var calls = 0;
        var seen = new List<string>();
        await using var fixture = new TransformFixture(
            (item, keep) =>
            {
                Interlocked.Increment(ref calls);
                Write(keep, Text(item).Replace("\"value\":", "\"kept\":", StringComparison.Ordinal));
            }
        );
        var handler = fixture.Informer.AddHandler(
            new ResourceEventHandlerFuncs { OnDelete = (o, unknown) => seen.Add($"{o.Labels} {unknown}") }
        );
        fixture.Server.Put("a", "1");
        fixture.Server.Put("b", "2");
        await fixture.StartAsync();
        await handler.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        fixture.Server.DropWithoutEvent("a");
        fixture.Clock.Advance(TimeSpan.FromMinutes(3));
        fixture.Server.Send(Reflecting.Refusals.Event(410, "Expired", "too old resource version"));
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Clock.Advance(TimeSpan.FromMilliseconds(500));
                return seen.Count == 1;
            },
            "the relist found it gone"
        );

        Assert.Equal(["kept=1 True"], seen);
        Assert.Equal(2, calls);
    }

    [Theory]
    [InlineData("\"name\":\"a\"", "\"name\":\"z\"", "it turned")]
    [InlineData("uid-1", "uid-2", "it turned")]
    [InlineData("\"11\"", "\"12\"", "it turned")]
    [InlineData("}", "", "offset")]
    public async Task A_transform_that_makes_another_object_or_none_has_failed(string from, string to, string reason)
    {
        await using var fixture = new TransformFixture((item, keep) => Write(keep, Text(item).Replace(from, to, StringComparison.Ordinal)));
        fixture.Server.Put("a");
        await fixture.StartAsync();

        var held = Assert.Single(fixture.Informer.Store.List());
        Assert.Equal("a", held.Name);
        Assert.Contains(reason, TransformFailure.Of(held), StringComparison.Ordinal);
        Assert.Equal(1, fixture.Informer.Counters.TransformFailures);
    }

    [Fact]
    public void Without_leaves_out_the_fields_it_names_and_nothing_else_of_the_bytes()
    {
        var item = RawObject.Parse(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","annotations":{"note":"é\u00e9 <b>"},"labels":{"x":"1"}},
            "spec":{"template":{"spec":{"a":[1,2]}},"replicas":1.50},"status":{"é":"'"}}
            """u8
        );
        var keep = new ArrayBufferWriter<byte>();

        Transforms.Without("spec.template", "metadata.labels", "metadata.nothing", "spec.replicas.deeper")(item, keep);

        Assert.Equal(
            """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","annotations":{"note":"é\u00e9 """
                + """<b>"}},"spec":{"replicas":1.50},"status":{"é":"'"}}""",
            Encoding.UTF8.GetString(keep.WrittenSpan)
        );
    }

    [Theory]
    [InlineData("metadata.name")]
    [InlineData("kind")]
    [InlineData("")]
    public void Without_refuses_what_every_object_must_keep(string path) =>
        Assert.Throws<ArgumentException>(() => Transforms.Without("status", path));

    [Fact]
    public async Task Who_made_the_last_change_is_still_known_of_what_was_transformed()
    {
        var item = RawObject.Parse(
            """{"metadata":{"name":"a","managedFields":"""u8
                + """[{"manager":"kubectl","operation":"Apply","time":"2026-01-01T00:00:00Z","subresource":"status"}]},"status":{}}"""u8
        );
        var counters = new InformerCounters();
        await using var fixture = new TransformFixture(Transforms.Without("status"));
        var sink = new Collected();
        var source = new TransformingListerWatcher(
            new OneItem(item),
            Transforms.Without("status"),
            counters,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance
        );
        await source.ListAsync(new(), sink, TestContext.Current.CancellationToken);

        Assert.NotNull(item.LastChange);
        Assert.Equal(item.LastChange, Assert.Single(sink.Items).LastChange);
        Assert.Equal("""{"metadata":{"name":"a"}}""", Text(sink.Items[0]));
    }

    private static string Text(RawObject item)
    {
        using var json = item.Open();
        return Encoding.UTF8.GetString(json.Span);
    }

    private static void Write(IBufferWriter<byte> keep, string text) => keep.Write(Encoding.UTF8.GetBytes(text));

    private sealed class TransformFixture : IAsyncDisposable
    {
        public TransformFixture(ObjectTransform transform) =>
            Informer = new SharedInformer(Server, new SharedInformerOptions { Seed = 1, Transform = transform }, Clock);

        public ManualTimeProvider Clock { get; } = new();

        public ScriptedServer Server { get; } = new();

        public SharedInformer Informer { get; }

        public async Task StartAsync()
        {
            Informer.Start();
            await Eventually.TrueAsync(() => Informer.Freshness.IsLive, "the watch stands");
        }

        public Task HoldsAsync(int count) => Eventually.TrueAsync(() => Informer.Store.Count == count, $"{count} are held");

        public ValueTask DisposeAsync() => Informer.DisposeAsync();
    }

    private sealed class Collected : IListSink
    {
        public List<RawObject> Items { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item) => Items.Add(item);
    }

    private sealed class OneItem(RawObject item) : IListerWatcher
    {
        public GroupVersionResource Resource => KnownResources.Pods;

        public string Cluster => "one";

        public Task<ListPage> ListAsync(ListRequest request, IListSink sink, CancellationToken cancellationToken)
        {
            sink.Item(item);
            return Task.FromResult(new ListPage(ResourceVersion.None, "", null, 1));
        }

        public Task<IWatchStream> WatchAsync(WatchRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
