using System.Collections.Concurrent;
using Vigia.Catalog;
using Vigia.Catalog.Definitions;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Loading;

/// <summary>A cluster that is looked at: its client, what it has, and a feed per kind, loaded by tiers.</summary>
/// <remarks>
/// <b>Guarantees.</b> Pods are asked for at once, before anything else is known; tiers 2 and 3 follow when they are
/// loaded or have failed; the rest when somebody looks at it. Safe on any thread; owns its client and informers. Where
/// a kind may not be read in all namespaces, it is read in the context's own.
/// </remarks>
internal sealed class ClusterLink : IAsyncDisposable
{
    // The list of all keeps a server busy: it is asked for when the first page is there, but not much later.
    private static readonly TimeSpan PreviewAhead = TimeSpan.FromMilliseconds(400);

    // A definition is applied in several writes, and the server's discovery follows them by a moment.
    private static readonly TimeSpan[] AfterDefinition = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)];

    // A screen needs little of the past: what a view shows is caught up from the store.
    private static readonly SharedInformerOptions InformerOptions = new()
    {
        Log = new DeltaLogOptions
        {
            Capacity = 1024,
            MaxBytes = 4 << 20,
            Tombstones = 2048,
        },
    };

    private readonly ServerDiscovery _discovery;
    private readonly ResourceCatalog _catalog;
    private readonly ConcurrentDictionary<string, KindFeed> _feeds = new(StringComparer.Ordinal);
    private readonly List<KindFeed> _order = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, string> _signatures = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _applying = new(1);
    private readonly TimeProvider _time;
    private Task? _loading;

    public ClusterLink(int number, KubernetesClient client, ResourceCatalog catalog, TimeProvider time)
    {
        (Number, Client, _catalog, _time) = (number, client, catalog, time);
        _discovery = new ServerDiscovery(client, time);
        foreach (var entry in catalog.Entries.OrderBy(entry => entry.Tier))
        {
            Add(entry);
        }
    }

    /// <summary>Its number in this session.</summary>
    public int Number { get; }

    /// <summary>The context's name.</summary>
    public string Name => Client.Configuration.Context;

    public KubernetesClient Client { get; }

    public string? DefaultNamespace => Client.Configuration.Namespace;

    /// <summary>What the server has; null while that is not known.</summary>
    public ApiResourceList? Served => _discovery.Served;

    /// <summary>
    /// Told when a kind's entry was replaced, as its definition has other columns or is served in another version; from
    /// any thread.
    /// </summary>
    public Action<ResourceEntry>? Replaced { get; set; }

    /// <summary>Begins to load.</summary>
    public void Start() => _loading ??= Task.Run(() => LoadAsync(_stopping.Token), CancellationToken.None);

    /// <summary>A kind's feed, made where an entry came from elsewhere (a custom resource).</summary>
    public KindFeed Feed(ResourceEntry entry)
    {
        if (_feeds.TryGetValue(entry.Name, out var feed))
        {
            return feed;
        }

        feed = Add(entry);
        if (Served is { } served)
        {
            feed.Resolve(Choose(entry, served), null);
        }

        return feed;
    }

    /// <summary>The resources that are known before the server is asked.</summary>
    public ResourceCatalog Catalog => _catalog;

    /// <summary>Every feed.</summary>
    public IEnumerable<KindFeed> Feeds => _feeds.Values;

    /// <summary>A built-in kind's feed by its name; null for none.</summary>
    public KindFeed? Find(string name) => _feeds.GetValueOrDefault(name);

    /// <summary>
    /// Finds a resource by any name that kubectl takes: the catalog first, then what the server has, which is asked
    /// again for a name that it did not have.
    /// </summary>
    public async Task<(ResourceEntry? Entry, string? Problem)> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (_catalog.Find(name) is { } known && (Served is not { } list || Choose(known, list) is not null))
        {
            return (known, null);
        }

        var served = await _discovery.FirstAsync(cancellationToken);
        var match = ServedName.Of(served, name);
        if (match is { Found: null, Candidates: [] })
        {
            served = await _discovery.AgainAsync(cancellationToken) ?? served;
            match = ServedName.Of(served, name);
        }

        if (match.Found is not { } found)
        {
            return (null, match.Ambiguity(name));
        }

        if (!found.CanWatch)
        {
            return (null, $"'{name}' ({found.Resource.GroupResource}) cannot be watched: {Name} offers {string.Join(", ", found.Verbs)}");
        }

        if (_catalog.Entries.FirstOrDefault(entry => entry.Versions.Contains(found.Resource)) is { } builtIn)
        {
            return (builtIn, null);
        }

        if (_feeds.Values.FirstOrDefault(feed => feed.Entry.Versions[0] == found.Resource) is { } feed)
        {
            return (feed.Entry, null);
        }

        var made = await DiscoveredEntry.ReadAsync(Client, served, found, cancellationToken);
        _signatures[made.Entry.Name] = made.Signature;
        return (made.Entry, null);
    }

    /// <summary>Everything at this moment.</summary>
    public ClusterStatus Status()
    {
        KindFeed[] feeds;
        lock (_order)
        {
            feeds = [.. _order];
        }

        return new(
            Name,
            Client.Configuration.Server.Authority,
            Client.Configuration.User,
            _discovery.Version,
            _discovery.Fault,
            [.. feeds.Select(feed => feed.Status())]
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loading is { } loading)
        {
            await loading;
        }

        foreach (var feed in _feeds.Values)
        {
            await feed.DisposeAsync();
        }

        _discovery.Dispose();
        _applying.Dispose();
        await Client.DisposeAsync();
        _stopping.Dispose();
    }

    private KindFeed Add(ResourceEntry entry)
    {
        var feed = new KindFeed(entry, Make);
        if (!_feeds.TryAdd(entry.Name, feed))
        {
            return _feeds[entry.Name];
        }

        lock (_order)
        {
            _order.Add(feed);
        }

        return feed;
    }

    private SharedInformer Make(ResourceEntry entry, GroupVersionResource version, string? ns) =>
        new(
            new ResourceListerWatcher(
                Client,
                Name,
                version,
                new ListerWatcherOptions { MetadataOnly = entry.MetadataOnly, Namespace = ns }
            ),
            InformerOptions,
            _time
        );

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // 1. Pods are where they have always been: no need to ask first.
            var pods = _feeds["pods"];
            pods.Resolve(new GroupVersionResource("", "v1", "pods"), null);
            var preview = PreviewAsync(cancellationToken);
            Preview.TrySetResult(preview);
            await Task.WhenAny(preview, Task.Delay(PreviewAhead, _time, cancellationToken));
            pods.Want();

            // 2. Beside them: what else is there?
            var following = Task.WhenAll(
                _discovery.RunAsync(served => ApplyAsync(served, cancellationToken), cancellationToken),
                FollowDefinitionsAsync(cancellationToken)
            );

            // 3. The rest, when pods are loaded or known not to be.
            await SettleAsync(pods, cancellationToken);
            await _discovery.FirstAsync(cancellationToken);
            await preview;
            KindFeed[] rest;
            lock (_order)
            {
                rest = [.. _order.Where(feed => feed.Entry.Tier is 2 or 3)];
            }

            foreach (var feed in rest)
            {
                feed.Want();
            }

            await Task.WhenAll(rest.Select(feed => SettleAsync(feed, cancellationToken)));
            Settled.TrySetResult();
            await following;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Settled.TrySetCanceled(cancellationToken);
        }
    }

    /// <summary>
    /// The first pods, by a request of their own: a server that holds 10,000 pods thinks for a second or more before it
    /// sends the first byte of a list of all of them, but a page of a hundred comes in 30 ms (measured on 1.20). Never
    /// fails: an empty list then, and the informer says what is wrong.
    /// </summary>
    private TaskCompletionSource<Task<IReadOnlyList<RawObject>>> Preview { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc cref="Preview"/>
    public async Task<IReadOnlyList<RawObject>> FirstPodsAsync(CancellationToken cancellationToken)
    {
        var preview = await Preview.Task.WaitAsync(cancellationToken);
        return await preview.WaitAsync(cancellationToken);
    }

    private async Task<IReadOnlyList<RawObject>> PreviewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var page = new FirstPage();
            await new ResourceListerWatcher(Client, Name, new GroupVersionResource("", "v1", "pods"), new ListerWatcherOptions()).ListAsync(
                new ListRequest(Limit: FirstPage.Size),
                page,
                cancellationToken
            );
            return page.Items;
        }
        catch (Exception refused)
            when (refused is KubernetesApiException or KubernetesConnectionException or CredentialException or OperationCanceledException)
        {
            // The informer meets the same and tells it.
            return [];
        }
    }

    private sealed class FirstPage : IListSink
    {
        public const int Size = 150;

        public List<RawObject> Items { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item) => Items.Add(item);
    }

    /// <summary>Ends when everything that is loaded by itself is loaded, or known not to be.</summary>
    public TaskCompletionSource Settled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Waits for a kind to be loaded or to fail; one that is denied everywhere is tried in the context's namespace.
    /// </summary>
    public async Task SettleAsync(KindFeed feed, CancellationToken cancellationToken)
    {
        while (feed.Informer is { } informer)
        {
            var change = informer.Log.NextChange;
            var status = informer.Status;
            if (
                status.State == InformerState.Denied
                && feed.Entry.Namespaced
                && feed.OnlyNamespace is null
                && DefaultNamespace is { Length: > 0 } ns
                && feed.Narrow(ns) is { } denied
            )
            {
                await denied.DisposeAsync();
                continue;
            }

            if (status.HasSynced || status.Failures > 0 || status.State == InformerState.Stopped)
            {
                return;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Takes over what the server has: kinds that were not there are found, kinds that are served in another version or
    /// with other columns are replaced.
    /// </summary>
    private async Task ApplyAsync(ApiResourceList? served, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken);
        try
        {
            await ApplyAloneAsync(served, cancellationToken);
        }
        finally
        {
            _applying.Release();
        }
    }

    private async Task ApplyAloneAsync(ApiResourceList? served, CancellationToken cancellationToken)
    {
        KindFeed[] feeds;
        lock (_order)
        {
            feeds = [.. _order];
        }

        foreach (var feed in feeds)
        {
            var version = served is null ? null : Choose(feed.Entry, served);
            if (feed.Version is null)
            {
                feed.Resolve(version, served is null ? _discovery.Fault : null);
            }
            else if (served is not null && _signatures.TryGetValue(feed.Entry.Name, out var signature))
            {
                if (ServedName.Of(served, feed.Entry.Name).Found is { } found)
                {
                    await RefreshAsync(feed, signature, served, found, cancellationToken);
                }
                else
                {
                    feed.Lose($"{Name} no longer has the resource {feed.Entry.Name}", _time.GetUtcNow());
                }
            }
            else if (version is not null && version != feed.Version)
            {
                await ReplaceAsync(feed, feed.Entry, served!);
            }
        }
    }

    private async Task RefreshAsync(
        KindFeed feed,
        string signature,
        ApiResourceList served,
        ApiResource found,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var made = await DiscoveredEntry.ReadAsync(Client, served, found, cancellationToken);
            if ((made.Signature != signature || feed.IsLost) && made.Entry.Name == feed.Entry.Name)
            {
                _signatures[made.Entry.Name] = made.Signature;
                await ReplaceAsync(feed, made.Entry, served);
            }
        }
        catch (Exception failed) when (failed is KubernetesConnectionException or CredentialException)
        {
            // The informer meets the same and tells it; the definition is read again with the next look.
        }
    }

    private async Task ReplaceAsync(KindFeed old, ResourceEntry entry, ApiResourceList served)
    {
        var feed = new KindFeed(entry, Make);
        feed.Resolve(Choose(entry, served), null);
        lock (_order)
        {
            _order[_order.IndexOf(old)] = feed;
            _feeds[entry.Name] = feed;
        }

        if (old.IsWanted)
        {
            feed.Want();
        }

        Replaced?.Invoke(entry);
        await old.DisposeAsync();
    }

    /// <summary>Definitions are watched, so that a custom resource is there a moment after it was defined.</summary>
    private async Task FollowDefinitionsAsync(CancellationToken cancellationToken)
    {
        await _discovery.FirstAsync(cancellationToken);
        var options = new ListerWatcherOptions { MetadataOnly = true };
        await using var definitions = new SharedInformer(
            new ResourceListerWatcher(Client, Name, KnownResources.CustomResourceDefinitions, options),
            InformerOptions,
            _time
        );
        definitions.Start();
        await definitions.WhenSynced.WaitAsync(cancellationToken);
        for (var seen = definitions.Log.Appended; ; )
        {
            var change = definitions.Log.NextChange;
            if (definitions.Log.Appended is var now && now == seen)
            {
                await change.WaitAsync(cancellationToken);
                continue;
            }

            seen = now;
            foreach (var pause in AfterDefinition)
            {
                await Task.Delay(pause, _time, cancellationToken);
                await ApplyAsync(await _discovery.AgainAsync(cancellationToken), cancellationToken);
            }
        }
    }

    private GroupVersionResource? Choose(ResourceEntry entry, ApiResourceList served)
    {
        foreach (var version in entry.Versions)
        {
            if (served.Resources.Any(resource => resource.Resource == version && resource.CanWatch))
            {
                return version;
            }
        }

        // A kind that another cluster told of may be served in another version here.
        return served
            .Resources.FirstOrDefault(resource =>
                resource.Resource.GroupResource == entry.Versions[0].GroupResource && resource.CanWatch && !_catalog.Entries.Contains(entry)
            )
            ?.Resource;
    }
}
