using Vigia.Catalog;
using Vigia.Catalog.Relations;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;

namespace Vigia.Live.Relations;

/// <summary>One caller's view of one cluster's objects, for the length of one request.</summary>
/// <remarks>
/// Resources are loaded on demand, with one patience for all of them; <see cref="Missing"/> lists those that are not
/// available. The result of a search through a namespace is kept, so each namespace is searched once. For one reader.
/// </remarks>
internal sealed class ClusterView(
    ClusterSet clusters,
    IViewRights rights,
    string cluster,
    CancellationToken patience,
    CancellationToken aborted
)
{
    private readonly LiveQuery _only = LiveQuery.Of(null, null, [cluster]);
    private readonly Dictionary<string, (ResourceFeed Feed, FeedView View)?> _feeds = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Resource, string Namespace), Dictionary<string, List<(RawObject Object, string Kind)>>> _incoming =
    [];
    private readonly Dictionary<
        string,
        IReadOnlyList<(RawObject Service, IReadOnlyList<KeyValuePair<string, string>> Selector)>
    > _services = new(StringComparer.Ordinal);
    private readonly HashSet<string> _denied = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _missing = new(StringComparer.Ordinal);

    public ResourceCatalog Catalog { get; } = clusters.Catalog;

    public string Cluster => cluster;

    /// <summary>Resources that could not be looked at, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Missing => _missing;

    /// <summary>
    /// The missing rights to see all of the searched resources in a namespace (empty: cluster-scoped); by resource.
    /// </summary>
    /// <remarks>For a cluster-scoped object this includes related objects in any namespace.</remarks>
    public async Task<IReadOnlyDictionary<string, string>> LackingAsync(IEnumerable<string> resources, string ns)
    {
        var lacking = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var resource in resources.Distinct(StringComparer.Ordinal))
        {
            if (Catalog.Find(resource) is not { } entry || _missing.ContainsKey(resource))
            {
                continue;
            }

            var (found, where) = (await FindAsync(resource), entry.Namespaced ? ns : "");
            if (found is null ? _denied.Contains(resource) : !found.Value.View.Allows(where))
            {
                var place =
                    !entry.Namespaced ? ""
                    : ns.Length > 0 ? $" in namespace {ns}"
                    : " in all namespaces";
                lacking[resource] = $"list {entry.Versions[0].GroupResource}{place}";
            }
        }

        return lacking;
    }

    /// <summary>The names of the resources whose objects are in memory and may have owners.</summary>
    public IReadOnlyList<string> Loaded =>
        [
            .. clusters
                .Find(cluster)
                ?.Feeds.Where(feed => feed.Informer?.HasSynced == true && feed.Entry.Name != "events")
                .Select(feed => feed.Entry.Name)
                ?? [],
        ];

    /// <summary>An object by its name, if it is there and may be seen.</summary>
    public async Task<RawObject?> GetAsync(string resource, ObjectKey key) =>
        await FindAsync(resource) is { } found && found.Feed.Informer!.Store.Get(key) is { } o && found.View.Sees(o) ? o : null;

    /// <summary>The objects of a namespace (null: of all) that may be seen.</summary>
    public async Task<IReadOnlyList<RawObject>> ListAsync(string resource, string? ns)
    {
        if (await FindAsync(resource) is not { } found)
        {
            return [];
        }

        var store = found.Feed.Informer!.Store;
        return Seen(ns is null ? store.List() : store.List(ns), found.View);
    }

    /// <summary>True if objects of a resource in a namespace would be seen if there were any.</summary>
    public async Task<bool> SeesAsync(string resource, string ns) => await FindAsync(resource) is { } found && found.View.Allows(ns);

    /// <summary>The objects of a resource that an object owns.</summary>
    public async Task<IReadOnlyList<RawObject>> OwnedAsync(string resource, string uid) =>
        await FindAsync(resource) is { } found ? Seen(LazyIndex.Owners.Find(found.Feed.Informer!.Store, uid), found.View) : [];

    /// <summary>The objects of a resource that refer to an object by name.</summary>
    public async Task<IReadOnlyList<(RawObject Object, string Kind)>> NamedByAsync(string resource, ResourceEntry target, RawObject o)
    {
        var scope = target.Namespaced ? o.Namespace : null;
        if (!_incoming.TryGetValue((resource, scope ?? "*"), out var byTarget))
        {
            byTarget = new(StringComparer.Ordinal);
            var entry = Catalog.Find(resource)!;
            foreach (var source in await ListAsync(resource, scope))
            {
                foreach (var reference in References.Of(Catalog, entry, source))
                {
                    if (!byTarget.TryGetValue(reference.Target, out var sources))
                    {
                        byTarget[reference.Target] = sources = [];
                    }

                    sources.Add((source, reference.Kind));
                }
            }

            _incoming[(resource, scope ?? "*")] = byTarget;
        }

        return byTarget.GetValueOrDefault($"{target.Name}/{(target.Namespaced ? o.Namespace : "")}/{o.Name}") ?? [];
    }

    /// <summary>The services of a namespace that have a selector.</summary>
    public async Task<IReadOnlyList<(RawObject Service, IReadOnlyList<KeyValuePair<string, string>> Selector)>> ServicesAsync(string ns)
    {
        if (!_services.TryGetValue(ns, out var services))
        {
            _services[ns] = services = [
                .. (await ListAsync("services", ns))
                    .Select(service => (service, References.Selector(service)))
                    .Where(pair => pair.Item2 is not null)
                    .Select(pair => (pair.service, pair.Item2!)),
            ];
        }

        return services;
    }

    /// <summary>
    /// False if the caller may see nothing of the resource: its objects are left out, as are those of namespaces that
    /// the caller may not see.
    /// </summary>
    private async Task<bool> TryPrepareAsync(FeedView feed)
    {
        try
        {
            await feed.PrepareAsync(aborted);
            return true;
        }
        catch (AccessDeniedException)
        {
            return false;
        }
    }

    private static List<RawObject> Seen(ObjectSnapshot objects, FeedView view)
    {
        var seen = new List<RawObject>();
        foreach (var o in objects)
        {
            if (view.Sees(o))
            {
                seen.Add(o);
            }
        }

        return seen;
    }

    private async Task<(ResourceFeed Feed, FeedView View)?> FindAsync(string resource)
    {
        if (_feeds.TryGetValue(resource, out var known))
        {
            return known;
        }

        (ResourceFeed, FeedView)? found = null;
        if (Catalog.Find(resource) is { } entry && clusters.Feeds(entry, _only) is [var feed, ..])
        {
            await FeedLoading.SettledAsync(feed, patience);
            aborted.ThrowIfCancellationRequested();
            if (feed.Informer?.HasSynced == true)
            {
                var view = new FeedView(feed, LiveQuery.Everything, rights);
                found = await TryPrepareAsync(view) ? (feed, view) : null;
                if (found is null)
                {
                    _denied.Add(resource);
                }
            }
            else if (FeedState.Of(feed) is { Word: not "absent" } state)
            {
                _missing[resource] = state.Reason ?? $"not loaded yet ({state.Word}); ask again in a moment";
            }
        }

        _feeds[resource] = found;
        return found;
    }
}
