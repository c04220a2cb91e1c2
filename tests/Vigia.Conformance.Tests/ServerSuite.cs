using System.Collections.Concurrent;
using System.Text;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Conformance.Tests;

/// <summary>
/// What informers promise, against a server: the same tests on the simulator and, where <c>VIGIA_REAL_KUBECONFIG</c>
/// names one, on a real one.
/// </summary>
public abstract class ServerSuite(IServerUnderTest server) : IAsyncLifetime
{
    private static readonly GroupVersionResource s_configMaps = KnownResources.ConfigMaps;
    private static int s_namespaces;

    private readonly List<IAsyncDisposable> _owned = [];
    private readonly ConcurrentQueue<string> _seen = new();
    private KubernetesClient _client = null!;
    private string _namespace = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        _client = new KubernetesClient(server.Admin);
        _namespace = $"vigia-suite-{Environment.ProcessId}-{Interlocked.Increment(ref s_namespaces)}";
        await _client.SendBytesAsync(
            HttpMethod.Post,
            "/api/v1/namespaces",
            Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{_namespace}}"} }""")
        );
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        if (_client is not null)
        {
            (await _client.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{_namespace}")).Dispose();
            await _client.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_exists_is_added_and_changes_follow_in_order()
    {
        await PutAsync("a", "1");
        var informer = await StartAsync();
        await PutAsync("b", "1");
        await PutAsync("a", "2");
        await DeleteAsync("b");
        await SeenAsync("+a=1", "+b=1", "~a=1>2", "-b=1");

        Assert.Equal(1, informer.Status.Lists);
        Assert.True(informer.Freshness.IsLive);
    }

    [Fact]
    public async Task An_object_that_leaves_the_selector_is_deleted_and_one_that_enters_it_added()
    {
        await PutAsync("a", "1", """{"app":"x"}""");
        await PutAsync("b", "1", """{"app":"y"}""");
        await StartAsync(new() { Namespace = _namespace, LabelSelector = "app=x" });
        await PutAsync("b", "2", """{"app":"x"}""");
        await PutAsync("a", "2", """{"app":"y"}""");
        // The event carries the state that still matched, with the revision at which it ceased to (cacher_watcher.go).
        await SeenAsync("+a=1", "+b=2", "-a=1");
    }

    [Fact]
    public async Task A_field_selector_narrows_to_one_object()
    {
        await PutAsync("a", "1");
        await PutAsync("b", "1");
        await StartAsync(new() { Namespace = _namespace, FieldSelector = "metadata.name=b" });
        await PutAsync("a", "2");
        await PutAsync("b", "2");
        await SeenAsync("+b=1", "~b=1>2");
    }

    [Fact]
    public async Task Metadata_alone_holds_no_data_and_follows_all_the_same()
    {
        await PutAsync("a", "1");
        var informer = await StartAsync(
            new()
            {
                Namespace = _namespace,
                FieldSelector = "metadata.name=a",
                MetadataOnly = true,
            }
        );
        var first = Assert.Single(informer.Store.List());
        Assert.DoesNotContain("\"data\"", Text(first), StringComparison.Ordinal);
        await PutAsync("a", "2", """{"app":"x"}""");
        await Eventually.TrueAsync(
            () => informer.Store.Get(new ObjectKey(_namespace, "a"))!.Labels.Any(label => label is { Key: "app", Value: "x" }),
            "the new label is held"
        );
    }

    [Fact]
    public async Task Managed_fields_are_left_out_and_who_changed_it_last_is_kept()
    {
        await PutAsync("a", "1");
        var informer = await StartAsync();
        var held = Assert.Single(informer.Store.List());

        Assert.DoesNotContain("managedFields", Text(held), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(held.LastChange?.Manager));
    }

    [Fact]
    public async Task Pages_of_a_fresh_read_are_put_together()
    {
        for (var i = 0; i < 7; i++)
        {
            await PutAsync($"item-{i}", "1");
        }

        var source = new ResourceListerWatcher(_client, "server", s_configMaps, new() { Namespace = _namespace });
        var sink = new Names();
        var (pages, token) = (0, (string?)null);
        do
        {
            token = (
                await source.ListAsync(
                    token is null ? new ListRequest(Limit: 3) : new ListRequest(Limit: 3, Continue: token),
                    sink,
                    Cancellation
                )
            ).Continue;
            pages++;
        } while (token.Length > 0);

        Assert.Equal(
            Enumerable.Range(0, 7).Select(i => $"item-{i}"),
            sink.All.Where(name => name.StartsWith("item-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
        Assert.True(pages >= 3);
    }

    [Fact]
    public async Task A_watch_that_the_server_ends_goes_on_without_a_list()
    {
        var informer = await StartAsync(options: new() { Reflector = new ReflectorOptions { MinWatchTimeout = TimeSpan.FromSeconds(1) } });
        var changes = 0;
        await Eventually.TrueAsync(() => informer.Status.Watches >= 3, "three watches");
        while (changes < 5)
        {
            await PutAsync("a", $"{++changes}");
        }

        await SeenAsync("+a=1", "~a=1>2", "~a=2>3", "~a=3>4", "~a=4>5");
        Assert.Equal(1, informer.Status.Lists);
    }

    [Fact]
    public async Task Changes_during_a_cut_are_delivered_once_and_in_order_when_it_is_mended()
    {
        await using var wire = new FaultyWire(server.Admin.Server);
        await PutAsync("a", "1");
        var informer = await StartAsync(wire: wire);
        await SeenAsync("+a=1");
        wire.Cut();
        await Eventually.TrueAsync(() => !informer.Freshness.IsLive, "it is called stale");
        Assert.NotNull(informer.Freshness.Reason);
        Assert.Single(informer.Store.List());
        await PutAsync("a", "2");
        await DeleteAsync("a");
        await PutAsync("a", "3");
        await PutAsync("b", "1");
        wire.Mend();
        await SeenAsync("+a=1", "~a=1>2", "-a=2", "+a=3", "+b=1");
        Assert.True(informer.Freshness.IsLive);
    }

    [Fact]
    public async Task Under_churn_and_cuts_every_object_goes_through_its_states_in_order_to_the_last()
    {
        await using var wire = new FaultyWire(server.Admin.Server);
        var steps = new Steps();
        var informer = await StartAsync(wire: wire, handler: steps);
        for (var round = 1; round <= 60; round++)
        {
            await PutAsync($"n{round % 7}", $"{round}");
            if (round % 9 == 0)
            {
                await DeleteAsync($"n{round % 7}");
            }

            if (round % 15 == 0)
            {
                wire.Cut();
            }
            else if (round % 15 == 2)
            {
                wire.Mend();
            }
        }

        wire.Mend();
        await PutAsync("last", "61");
        await Eventually.TrueAsync(
            () => informer.Store.Get(new ObjectKey(_namespace, "last")) is not null,
            "the last change is held",
            TimeSpan.FromSeconds(60)
        );
        var truth = new Names();
        await new ResourceListerWatcher(_client, "server", s_configMaps, new() { Namespace = _namespace }).ListAsync(
            new ListRequest(),
            truth,
            Cancellation
        );
        Assert.Equal(truth.Versions, informer.Store.List().ToDictionary(o => o.Name, o => o.ResourceVersion.ToString()));
        await Eventually.TrueAsync(
            () =>
                steps.State.Count == truth.Versions.Count
                && truth.Versions.All(pair => steps.State.TryGetValue(pair.Key, out var version) && version == pair.Value),
            "the handler knows the same"
        );
        Assert.Empty(steps.Faults);
    }

    [Fact]
    public async Task A_half_open_connection_is_noticed_within_30_seconds()
    {
        await using var wire = new FaultyWire(server.Admin.Server);
        var informer = await StartAsync(wire: wire);
        await PutAsync("a", "1");
        await SeenAsync("+a=1");
        wire.Swallow();
        await PutAsync("a", "2");
        await Eventually.TrueAsync(() => !informer.Freshness.IsLive, "it is called stale", TimeSpan.FromSeconds(30));
        wire.Mend();
        await SeenAsync(TimeSpan.FromSeconds(60), "+a=1", "~a=1>2");
    }

    [Fact]
    public async Task A_missing_right_is_named_and_what_is_granted_elsewhere_works()
    {
        await using var client = new KubernetesClient(server.Limited);
        await using var informer = new SharedInformer(
            new ResourceListerWatcher(client, "server", KnownResources.Secrets, new() { Namespace = "kube-system" })
        );
        informer.Start();
        await Eventually.TrueAsync(() => informer.Status.State == InformerState.Denied, "it says denied");

        Assert.Contains("secrets", informer.Freshness.Reason, StringComparison.Ordinal);
        Assert.False(informer.HasSynced);
        Assert.False(informer.Freshness.IsLive);
    }

    [Fact]
    public async Task A_handler_that_comes_late_is_given_everything_and_one_that_left_nothing_more()
    {
        var informer = await StartAsync();
        await PutAsync("a", "1");
        await SeenAsync("+a=1");
        var late = new Recorder();
        var registration = informer.AddHandler(late);
        await registration.WhenSynced.WaitAsync(TimeSpan.FromSeconds(15), Cancellation);
        Assert.Equal(["+a=1"], late.Seen);
        await registration.DisposeAsync();
        await PutAsync("a", "2");
        await SeenAsync("+a=1", "~a=1>2");
        Assert.Equal(["+a=1"], late.Seen);
    }

    [Fact]
    public async Task A_cursor_moves_to_another_informer_by_its_revision_and_misses_nothing()
    {
        var one = await StartAsync();
        var other = await StartAsync(record: false);
        var (_, cursor) = one.Log.OpenWithSnapshot();
        await PutAsync("a", "1");
        await PutAsync("a", "2");
        await Eventually.TrueAsync(
            () => one.Log.Appended == 2 + FirstObjects(one) && other.Log.Appended == 2 + FirstObjects(other),
            "both have read both"
        );
        var deltas = new List<Delta>();
        Assert.Equal(CursorReading.Deltas, cursor.Read(deltas, max: 1));
        var moved = other.Log.OpenAfter(cursor.Revision);
        Assert.NotNull(moved);
        Assert.Equal(CursorReading.Deltas, moved.Read(deltas));
        var delta = Assert.Single(deltas);
        Assert.Equal(("2", DeltaKind.Updated), (Value(delta.New!), delta.Kind));
    }

    // Kubernetes 1.20 and later put a ConfigMap of their own into every namespace; it is no matter here.
    private static bool IsOurs(RawObject o) => o.Name != "kube-root-ca.crt";

    private static long FirstObjects(SharedInformer informer) => informer.Store.List().Count(o => !IsOurs(o));

    private static string Text(RawObject o)
    {
        using var json = o.Open();
        return Encoding.UTF8.GetString(json.Span);
    }

    private static string Value(RawObject o)
    {
        var text = Text(o);
        var at = text.IndexOf("\"value\":\"", StringComparison.Ordinal) + 9;
        return at < 9 ? "" : text[at..text.IndexOf('"', at)];
    }

    private async Task<SharedInformer> StartAsync(
        ListerWatcherOptions? selection = null,
        SharedInformerOptions? options = null,
        FaultyWire? wire = null,
        IResourceEventHandler? handler = null,
        bool record = true
    )
    {
        var configuration = wire is null ? server.Admin : server.Admin with { Server = wire.Address };
        var client = new KubernetesClient(configuration);
        // The controllers of a real server put their ConfigMap there in their own time: what is selected leaves it out,
        // so that counts are exact.
        var informer = new SharedInformer(
            new ResourceListerWatcher(
                client,
                "server",
                s_configMaps,
                selection ?? new() { Namespace = _namespace, FieldSelector = "metadata.name!=kube-root-ca.crt" }
            ),
            options
        );
        _owned.Add(client);
        _owned.Add(informer);
        HandlerRegistration? registration = null;
        if (record)
        {
            registration = informer.AddHandler(handler ?? new Recorder(_seen));
        }

        informer.Start();
        await informer.WhenSynced.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await Eventually.TrueAsync(() => informer.Freshness.IsLive, "it is live");
        if (registration is not null)
        {
            await registration.WhenSynced.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        }

        return informer;
    }

    private Task SeenAsync(params string[] expected) => SeenAsync(TimeSpan.FromSeconds(20), expected);

    private async Task SeenAsync(TimeSpan within, params string[] expected)
    {
        try
        {
            await Eventually.TrueAsync(() => _seen.Count >= expected.Length, "everything was told", within);
        }
        catch (TimeoutException)
        {
            // The difference says more than that it did not come.
        }

        Assert.Equal(expected, _seen);
    }

    private async Task PutAsync(string name, string value, string labels = "{}")
    {
        var body = Encoding.UTF8.GetBytes(
            $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}","namespace":"{{_namespace}}","labels":{{labels}} """
                + $$"""},"data":{"value":"{{value}}"} }"""
        );
        var path = $"/api/v1/namespaces/{_namespace}/configmaps";
        try
        {
            await _client.SendBytesAsync(HttpMethod.Put, $"{path}/{name}", body, ct: Cancellation);
        }
        catch (KubernetesApiException missing) when (missing.Code == 404)
        {
            await _client.SendBytesAsync(HttpMethod.Post, path, body, ct: Cancellation);
        }
    }

    private async Task DeleteAsync(string name) =>
        (await _client.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{_namespace}/configmaps/{name}", ct: Cancellation)).Dispose();

    private sealed class Recorder(ConcurrentQueue<string>? seen = null) : IResourceEventHandler
    {
        public ConcurrentQueue<string> Seen { get; } = seen ?? new();

        public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            Seen.Enqueue(
                delta.Kind switch
                {
                    DeltaKind.Added => $"+{delta.Object.Name}={Value(delta.New!)}",
                    DeltaKind.Updated => $"~{delta.Object.Name}={(delta.Old is null ? "?" : Value(delta.Old))}>{Value(delta.New!)}",
                    _ => $"-{delta.Object.Name}={Value(delta.Old!)}",
                }
            );
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Steps : IResourceEventHandler
    {
        public ConcurrentDictionary<string, string> State { get; } = new();

        public ConcurrentQueue<string> Faults { get; } = new();

        public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
        {
            var known = State.GetValueOrDefault(delta.Object.Name);
            if (delta.IsFolded)
            {
                // Steps were left out, and it was said.
            }
            else if (delta.Kind == DeltaKind.Added ? known is not null : known is null)
            {
                Faults.Enqueue($"{delta} though {known ?? "nothing"} is known");
            }
            else if (delta.Kind == DeltaKind.Updated && delta.Old!.ResourceVersion.ToString() != known)
            {
                Faults.Enqueue($"{delta} from {delta.Old.ResourceVersion} though {known} is known");
            }

            if (delta.New is { } current)
            {
                State[current.Name] = current.ResourceVersion.ToString();
            }
            else
            {
                State.TryRemove(delta.Object.Name, out _);
            }

            return ValueTask.CompletedTask;
        }
    }

    private sealed class Names : IListSink
    {
        public List<string> All { get; } = [];

        public Dictionary<string, string> Versions { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item)
        {
            All.Add(item.Name);
            if (IsOurs(item))
            {
                Versions[item.Name] = item.ResourceVersion.ToString();
            }
        }
    }
}

/// <summary>The suite on the simulator.</summary>
public sealed class SimulatedServerTests(SimulatedServer server) : ServerSuite(server), IClassFixture<SimulatedServer>;

/// <summary>The suite on a real server.</summary>
public sealed class RealServerTests(RealServer server) : ServerSuite(server), IClassFixture<RealServer>;
