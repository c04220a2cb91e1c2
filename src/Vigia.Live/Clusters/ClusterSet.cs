using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Informers.Deltas;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Live.Clusters;

/// <summary>All clusters of the gateway, and the catalog of their resources.</summary>
/// <remarks>
/// <b>Guarantees.</b> Clusters may be added and removed, and resources come and go, at any time: <see cref="Sessions"/>
/// and <see cref="Catalog"/> are immutable snapshots, replaced as a whole, and <see cref="NextChange"/> reports it. A
/// custom resource with the same definition in several clusters is one entry: with the columns of the first cluster
/// that has it, and the additional columns of the others. If the definitions differ in kind or scope, each cluster has
/// an entry of its own under the same name (<see cref="Conflicts"/>), so no cluster changes the data of another. Owns
/// its sessions.
/// </remarks>
public sealed class ClusterSet : IAsyncDisposable
{
    private readonly ResourceCatalog _known;
    private readonly ClusterOptions _options;
    private readonly SharedInformerOptions? _informers;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly Pulse _changed = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Signature, ResourceEntry Entry)> _custom = new(StringComparer.Ordinal);
    private volatile ResourceCatalog _catalog;
    private volatile IReadOnlyList<ClusterSession> _sessions = [];
    private volatile IReadOnlyList<string> _problems = [];
    private volatile IReadOnlyList<string> _conflicts = [];
    private volatile Covered? _covered;
    private bool _started;

    /// <summary>Creates an empty set.</summary>
    /// <param name="catalog">The resources that are known beforehand; custom ones join them.</param>
    /// <param name="options">How clusters are looked after.</param>
    /// <param name="informers">The options of every informer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logger factory.</param>
    public ClusterSet(
        ResourceCatalog catalog,
        ClusterOptions options,
        SharedInformerOptions? informers,
        TimeProvider time,
        ILoggerFactory loggers
    )
    {
        ArgumentNullException.ThrowIfNull(catalog);
        (_known, _catalog, _options, _informers, _time, _loggers) = (catalog, catalog, options, informers, time, loggers);
    }

    /// <summary>The resources that are known now, custom ones among them.</summary>
    public ResourceCatalog Catalog => _catalog;

    /// <summary>The clusters there are now, in the order in which they were added.</summary>
    public IReadOnlyList<ClusterSession> Sessions => _sessions;

    /// <summary>
    /// Ends at the next change of the clusters, of the catalog, or of a cluster's feeds. Take it before looking.
    /// </summary>
    public Task NextChange => _changed.Next;

    /// <summary>
    /// Problems with the source of the clusters (for example a kubeconfig that became unreadable), in sentences; part
    /// of health and status. Clusters are served as before.
    /// </summary>
    public IReadOnlyList<string> Problems
    {
        get => _problems;
        set
        {
            _problems = value;
            _changed.Fire();
        }
    }

    /// <summary>
    /// The resources that a caller may know of: the built-in ones, and custom resources of clusters that the caller has
    /// access to, since these could be queried for them.
    /// </summary>
    internal ResourceCatalog CatalogFor(IViewRights rights)
    {
        var (catalog, sessions) = (_catalog, _sessions);
        if (sessions.All(session => rights.Covers(session.Name)))
        {
            return catalog;
        }

        var covered = string.Join('\n', sessions.Select(session => session.Name).Where(rights.Covers));
        if (_covered is { } made && made.Of == catalog && made.Clusters == covered)
        {
            return made.Catalog;
        }

        var custom = catalog
            .Entries.Skip(_known.Entries.Count)
            .Where(entry => sessions.Any(session => rights.Covers(session.Name) && session.Find(entry.Name) is not null));
        _covered = new Covered(catalog, covered, _known.With([.. custom]));
        return _covered.Catalog;
    }

    /// <summary>A cluster by its name, or null.</summary>
    public ClusterSession? Find(string cluster) => _sessions.FirstOrDefault(session => session.Name == cluster);

    /// <summary>Adds a cluster; it is loaded at once if the set was started.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public ClusterSession Add(IClusterSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ClusterSession session;
        lock (_gate)
        {
            if (_sessions.Any(known => known.Name == source.Name))
            {
                throw new ArgumentException($"there is already a cluster named {source.Name}", nameof(source));
            }

            session = new ClusterSession(source, _options, _informers, _time, _loggers, OnChanged);
            session.Apply(_known, []);
            _sessions = [.. _sessions, session];
            if (_started)
            {
                session.Start();
            }
        }

        _changed.Fire();
        return session;
    }

    /// <summary>
    /// Removes a cluster; open streams report its objects as deleted, with the reason. False if there is no cluster of
    /// that name.
    /// </summary>
    public async Task<bool> RemoveAsync(string cluster, string reason)
    {
        ClusterSession? session;
        lock (_gate)
        {
            session = Find(cluster);
            if (session is null)
            {
                return false;
            }

            _sessions = [.. _sessions.Where(other => other != session)];
            session.Retire(reason);
        }

        OnChanged();
        await session.DisposeAsync();
        return true;
    }

    /// <summary>Starts to load every cluster, including those that are added later.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _started = true;
            foreach (var session in _sessions)
            {
                session.Start();
            }
        }
    }

    /// <summary>The feeds of a resource in the clusters of a query. They start to load if they have not yet.</summary>
    /// <param name="entry">The resource.</param>
    /// <param name="query">The query, for its clusters.</param>
    /// <param name="rights">The caller's rights: clusters that they do not cover are left out. Null for all.</param>
    public IReadOnlyList<ResourceFeed> Feeds(ResourceEntry entry, LiveQuery query, IViewRights? rights = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(query);
        var feeds = _sessions
            .Where(session => query.MatchesCluster(session.Name) && rights?.Covers(session.Name) != false)
            .Select(session => session.Find(entry.Name))
            .OfType<ResourceFeed>()
            .ToArray();
        foreach (var feed in feeds)
        {
            feed.Want();
        }

        return feeds;
    }

    /// <summary>Custom resources that clusters define differently, in sentences: shown with health.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    /// <summary>The refusal of an unknown cluster; it names those that the caller may know.</summary>
    internal QueryException UnknownCluster(IViewRights rights) =>
        QueryException.NotFound(
            "cluster",
            "Unknown cluster",
            $"this gateway has no such cluster; it has {string.Join(", ", _sessions.Select(session => session.Name).Where(rights.Covers))}"
        );

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
        {
            await session.DisposeAsync();
        }
    }

    /// <summary>A session's resources changed: the catalog follows, then every session's feeds.</summary>
    private void OnChanged()
    {
        lock (_gate)
        {
            var custom = new CustomEntries(_sessions, _known, _custom);
            if (!custom.Entries.SequenceEqual(_catalog.Entries.Skip(_known.Entries.Count)))
            {
                _catalog = _known.With(custom.Entries);
            }

            _conflicts = custom.Conflicts;
            foreach (var session in _sessions)
            {
                session.Apply(_known, custom.Of(session));
            }
        }

        _changed.Fire();
    }

    private sealed record Covered(ResourceCatalog Of, string Clusters, ResourceCatalog Catalog);
}
