using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Catalog;
using Vigia.Catalog.Definitions;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Terminal.Loading;

/// <summary>A cluster on the screen: its live session, with names and states as the screen shows them.</summary>
/// <remarks>
/// <b>Guarantees.</b> Pods are asked for at once, before anything else is known; tiers 2 and 3 follow when they are
/// loaded or have failed; the rest when somebody looks at it. Safe on any thread; owns its client and informers. Where
/// a kind may not be read in all namespaces, it is read in the context's own.
/// </remarks>
internal sealed class ClusterLink : IAsyncDisposable
{
    // The list of all keeps a server busy: it is asked for when the first page is there, but not much later.
    private static readonly TimeSpan PreviewAhead = TimeSpan.FromMilliseconds(400);

    private static readonly ClusterOptions Options = new()
    {
        LongestRetry = TimeSpan.FromSeconds(15),
        CustomResourcesOnDemand = true,
        LoadsBeforeDiscovery = true,
        NarrowsWhenDenied = true,
    };

    // A screen needs little of the past: a view catches up from the store.
    private static readonly SharedInformerOptions InformerOptions = new()
    {
        Log = new DeltaLogOptions
        {
            Capacity = 1024,
            MaxBytes = 4 << 20,
            Tombstones = 2048,
        },
    };

    private readonly ContextSource _source;
    private readonly ClusterSet _clusters;
    private readonly ConcurrentDictionary<string, ResourceFeed> _shown = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ResourceEntry> _reported = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lost = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<Task<IReadOnlyList<RawObject>>> _firstPods = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private readonly Dictionary<string, int> _places;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopped;
    private readonly ConcurrentDictionary<Task, byte> _reading = new();
    private Task? _running;

    public ClusterLink(int number, KubernetesClient client, ResourceCatalog catalog, TimeProvider time)
    {
        (Number, Client, Catalog, _time) = (number, client, catalog, time);
        _stopped = _stopping.Token;
        _places = catalog
            .Entries.OrderBy(entry => entry.Tier)
            .Index()
            .ToDictionary(place => place.Item.Name, place => place.Index, StringComparer.Ordinal);
        _source = new ContextSource(client, time);
        _clusters = new ClusterSet(catalog, Options, InformerOptions, time, NullLoggerFactory.Instance);
        Session = _clusters.Add(_source);
    }

    /// <summary>Its number in this session.</summary>
    public int Number { get; }

    /// <summary>The context's name.</summary>
    public string Name => Client.Configuration.Context;

    public KubernetesClient Client { get; }

    /// <summary>The feeds, and discovery.</summary>
    public ClusterSession Session { get; }

    public string? DefaultNamespace => Client.Configuration.Namespace;

    /// <summary>The resources that are known before the server is asked.</summary>
    public ResourceCatalog Catalog { get; }

    /// <summary>
    /// Called when a kind's entry was replaced, as its definition has other columns or is served in another version;
    /// from any thread.
    /// </summary>
    public Action<ResourceEntry>? Replaced { get; set; }

    /// <summary>Begins to load.</summary>
    public void Start() => _running ??= Task.Run(() => RunAsync(_stopped), CancellationToken.None);

    /// <summary>A feed by its entry's name; null for none.</summary>
    public ResourceFeed? Find(string name) => Session.Find(name);

    /// <summary>
    /// A kind's feed, made where an entry came from elsewhere. One that the server no longer has keeps its last feed.
    /// </summary>
    public ResourceFeed Feed(ResourceEntry entry)
    {
        if (Session.Find(entry.Name) is { } known)
        {
            return _shown[entry.Name] = known;
        }

        if (_shown.TryGetValue(entry.Name, out var last) && last.Retired is not null)
        {
            return last;
        }

        // Found on another cluster, perhaps: this one may define it otherwise.
        ReadDefinition(entry.Name);
        return _shown[entry.Name] = Session.Add(entry);
    }

    /// <summary>A kind's feed with its informer, as soon as there is one; asks for its objects.</summary>
    public async Task<ResourceFeed> OpenAsync(ResourceEntry entry, CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = _clusters.NextChange;
            var feed = Feed(entry);
            var started = feed.NextChange;
            feed.Want();
            if (feed is { Retired: null, Informer: not null })
            {
                return feed;
            }

            await Task.WhenAny(change, started).WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc cref="FirstPods"/>
    public async Task<IReadOnlyList<RawObject>> FirstPodsAsync(CancellationToken cancellationToken)
    {
        var pods = await _firstPods.Task.WaitAsync(cancellationToken);
        return await pods.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Finds a resource by any name that kubectl takes: the catalog first, then the server's resources. The server is
    /// asked again for a name that it did not have.
    /// </summary>
    public async Task<(ResourceEntry? Entry, string? Problem)> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (Catalog.Find(name) is { } known && (!Session.IsDiscovered || Session.Find(known.Name) is { IsAbsent: false }))
        {
            return (known, null);
        }

        var served = await Session.DiscoveryAsync(cancellationToken);
        var match = ServedName.Of(served, name);
        if (match is { Found: null, Candidates: [] })
        {
            served = await Session.RediscoverAsync(cancellationToken) ?? served;
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

        if (Catalog.Entries.FirstOrDefault(entry => entry.Versions.Contains(found.Resource)) is { } builtIn)
        {
            return (builtIn, null);
        }

        // In the version that the server prefers its definition is followed; in another it is a resource of its own.
        if (
            await Session.ReadDefinitionAsync(found.Resource.GroupResource, cancellationToken) is { } defined
            && defined.Entry.Versions[0] == found.Resource
        )
        {
            return (Report(defined.Entry), null);
        }

        if (Session.Feeds.FirstOrDefault(feed => feed.Entry.Versions[0] == found.Resource) is { } feed)
        {
            return (Report(feed.Entry), null);
        }

        var made = await DiscoveredEntry.ReadAsync(Client, served, found, cancellationToken);
        return (Report(made.Entry), null);
    }

    /// <summary>Everything at this moment.</summary>
    public ClusterStatus Status()
    {
        // In the order of loading, and within a tier in the catalog's.
        var kinds = Session.Feeds.OrderBy(feed => _places.GetValueOrDefault(feed.Entry.Name, int.MaxValue)).Select(KindStatus.Of).ToList();
        foreach (var (name, feed) in _shown)
        {
            if (Session.Find(name) is not null)
            {
                _lost.TryRemove(name, out _);
            }
            else
            {
                kinds.Add(KindStatus.Lost(feed, _lost.GetOrAdd(name, _time.GetUtcNow())));
            }
        }

        return new(
            Name,
            Client.Configuration.Server.Authority,
            Client.Configuration.User,
            _source.Version,
            ClusterStatus.WithoutName(Session.Problem, Name),
            kinds
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_running is { } running)
        {
            await running;
        }

        await Task.WhenAll(_reading.Keys);
        await _clusters.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var first = FirstPods.ReadAsync(_source, cancellationToken);
            _firstPods.TrySetResult(first);
            await Task.WhenAny(first, Task.Delay(PreviewAhead, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            _clusters.Start();
            await FollowEntriesAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    private void ReadDefinition(string resource)
    {
        var reading = ReadDefinitionAsync(resource);
        _reading[reading] = 0;
        _ = reading.ContinueWith(
            done => _reading.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private async Task ReadDefinitionAsync(string resource)
    {
        try
        {
            await Session.ReadDefinitionAsync(resource, _stopped);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The cluster is no longer on the screen.
        }
    }

    /// <summary>An entry that the screen is about to show: its replacement is reported.</summary>
    private ResourceEntry Report(ResourceEntry entry)
    {
        Feed(entry);
        return _reported[entry.Name] = entry;
    }

    /// <summary>Reports entries that others have replaced.</summary>
    private async Task FollowEntriesAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = _clusters.NextChange;
            foreach (var name in _shown.Keys)
            {
                _shown[name] = Session.Find(name) ?? _shown[name];
            }

            foreach (var (name, last) in _reported)
            {
                if (Session.Find(name)?.Entry is { } now && now != last && _reported.TryUpdate(name, now, last))
                {
                    Replaced?.Invoke(now);
                }
            }

            await change.WaitAsync(cancellationToken);
        }
    }
}
