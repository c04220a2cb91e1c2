using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Informers.Deltas;
using Vigia.Kubernetes;
using Vigia.Live.Subscriptions;

namespace Vigia.Live.Clusters;

/// <summary>A catalog entry on a cluster with its informer, which is created on the first use.</summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe. Owned by its <see cref="ClusterSession"/>. A feed has one entry, one version and one
/// informer for life: if one of them changes, the feed is retired and another one replaces it
/// (<see cref="FeedSelection"/> informs streams). A retired feed can still be read.
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has no timer and no handle: there is nothing to dispose of."
)]
public sealed class ResourceFeed
{
    private const int MostIssued = 256;
    private const int MostReplays = 64;

    private readonly Lock _gate = new();
    private readonly Func<GroupVersionResource, ResourceEntry, string?, SharedInformer> _make;
    private readonly ILogger _logger;
    private readonly Pulse _changed = new();
    private SharedInformer? _informer;
    private bool _wanted;
    private GroupVersionResource? _version;
    private string? _retired;

    // Without a timer or a handle: nothing to dispose of.
    private readonly CancellationTokenSource _over = new();
    private readonly Dictionary<string, HistoryReplay> _history = new(StringComparer.Ordinal);
    private RevisionProbe? _revision;
    private readonly Queue<(int Epoch, ResourceVersion Revision)> _issued = new();

    internal ResourceFeed(
        string cluster,
        ResourceEntry entry,
        string? ns,
        string origin,
        Func<GroupVersionResource, ResourceEntry, string?, SharedInformer> make,
        ILogger logger
    )
    {
        (Cluster, Entry, Namespace, _make, _logger) = (cluster, entry, ns, make, logger);
        Origin = origin;
        Name = $"{cluster}/{entry.Name}";
    }

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; }

    /// <summary>The catalog entry.</summary>
    public ResourceEntry Entry { get; }

    /// <summary>The one namespace that is read; null for all.</summary>
    public string? Namespace { get; }

    /// <summary><c>cluster/resource</c>: the name in cursors.</summary>
    public string Name { get; }

    /// <summary>
    /// A random name of this feed in this process: positions in cursors are only good where it matches.
    /// </summary>
    public string Origin { get; }

    /// <summary>
    /// The informer, or null before the first use or while the server's version of the resource is unknown.
    /// </summary>
    public SharedInformer? Informer
    {
        get
        {
            lock (_gate)
            {
                return _informer;
            }
        }
    }

    /// <summary>
    /// The server's version of the resource; null while it is not known or the server does not have it.
    /// </summary>
    public GroupVersionResource? Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>
    /// Why there is no informer after the first use: the server does not have the resource, or is unavailable; null
    /// otherwise.
    /// </summary>
    public string? Unavailable { get; private set; }

    /// <summary>True if discovery said that the server lacks the resource.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>
    /// Why this feed has ended (its cluster was removed, its definition deleted, its columns changed); null while it
    /// lives.
    /// </summary>
    public string? Retired => Volatile.Read(ref _retired);

    /// <summary>
    /// True if the feed has ended only to be replaced by another of the same name: what clients hold of it is
    /// replaced, not gone.
    /// </summary>
    public bool IsReplaced { get; private set; }

    /// <summary>True after the first use.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_gate)
            {
                return _wanted;
            }
        }
    }

    /// <summary>
    /// Ends at the next change of what discovery says, when the informer starts, or when the feed ends. Take it before
    /// looking.
    /// </summary>
    public Task NextChange => _changed.Next;

    /// <summary>Requests the resource: its informer starts now, or as soon as the server's version is known.</summary>
    public void Want()
    {
        lock (_gate)
        {
            _wanted = true;
            StartLocked();
        }
    }

    /// <summary>
    /// The API server's history from before the informer's first list, shared by all streams that need it. Only if
    /// there is an informer.
    /// </summary>
    /// <param name="labels">The label selector; empty for everything.</param>
    /// <param name="time">The clock.</param>
    internal HistoryReplay History(string labels, TimeProvider time)
    {
        lock (_gate)
        {
            if (!_history.TryGetValue(labels, out var history))
            {
                if (_history.Count > MostReplays)
                {
                    foreach (var idle in _history.Where(pair => pair.Value.IsIdle).Select(pair => pair.Key).ToArray())
                    {
                        _history.Remove(idle);
                    }
                }

                _history[labels] = history = new HistoryReplay(_informer!, labels.Length == 0 ? null : labels, time, _logger);
            }

            return history;
        }
    }

    /// <summary>
    /// Notes a revision that a list of the Kubernetes API was given, so that a watch may begin there: after a restore
    /// revisions are given out again, and one that comes back without this may be of the lost history.
    /// </summary>
    internal void Issue(ResourceVersion revision)
    {
        if (Informer is not { } informer || !informer.Log.IsLost(revision))
        {
            return;
        }

        lock (_gate)
        {
            var issued = (informer.Log.Epoch, revision);
            if (!_issued.Contains(issued))
            {
                _issued.Enqueue(issued);
                if (_issued.Count > MostIssued)
                {
                    _issued.Dequeue();
                }
            }
        }
    }

    /// <summary>True for a revision that was noted.</summary>
    internal bool HasIssued(ResourceVersion revision)
    {
        lock (_gate)
        {
            return _informer is { } informer && _issued.Contains((informer.Log.Epoch, revision));
        }
    }

    /// <summary>The API server's current revision. Only if there is an informer.</summary>
    internal RevisionProbe ServerRevision(TimeProvider time)
    {
        lock (_gate)
        {
            return _revision ??= new RevisionProbe(_informer!, time, _logger, _over.Token);
        }
    }

    /// <summary>Discovery found it in this version, or (null) not at all.</summary>
    internal void Resolve(GroupVersionResource? version, string? unavailable)
    {
        lock (_gate)
        {
            if (_version is not null || _retired is not null)
            {
                return;
            }

            _version = version;
            IsAbsent = version is null && unavailable is null;
            Unavailable = version is not null
                ? null
                : unavailable
                    ?? $"{Cluster} does not have the resource {Entry.Name} ({string.Join(", ", Entry.Versions.Select(v => v.ApiVersion))})";
            StartLocked();
        }

        _changed.Fire();
    }

    /// <summary>A retired feed, for a client whose cursor still refers to it.</summary>
    internal static ResourceFeed Gone(string cluster, ResourceEntry entry, string reason)
    {
        var feed = new ResourceFeed(
            cluster,
            entry,
            null,
            "",
            (_, _, _) => throw new InvalidOperationException("a retired feed has no informer"),
            NullLogger.Instance
        );
        feed.Retire(reason, replaced: false);
        return feed;
    }

    /// <summary>Takes over the informer of the feed that it replaces.</summary>
    internal void Adopt(SharedInformer informer, GroupVersionResource version)
    {
        lock (_gate)
        {
            (_informer, _version, _wanted) = (informer, version, true);
        }
    }

    /// <summary>Ends the feed; returns its informer, which the caller must dispose.</summary>
    internal SharedInformer? Retire(string reason, bool replaced)
    {
        SharedInformer? informer;
        HistoryReplay[] histories;
        lock (_gate)
        {
            if (_retired is not null)
            {
                return null;
            }

            (Unavailable, IsReplaced, informer, histories) = (reason, replaced, _informer, [.. _history.Values]);
            Volatile.Write(ref _retired, reason);
        }

        _over.Cancel();
        foreach (var history in histories)
        {
            history.Drop();
        }

        _changed.Fire();
        return informer;
    }

    private void StartLocked()
    {
        if (!_wanted || _informer is not null || _retired is not null || _version is not { } version)
        {
            return;
        }

        _informer = _make(version, Entry, Namespace);
        _informer.Start();
        _changed.Fire();
    }
}
