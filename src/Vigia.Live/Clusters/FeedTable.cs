using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>The feeds of one cluster, kept equal to the entries that are known and to what the server has.</summary>
/// <remarks>
/// <b>Guarantees.</b> Safe on any thread. A feed whose entry, version or namespace changes is retired and another takes
/// its place; an informer goes on under the new feed where only the columns changed. Owns the informers.
/// </remarks>
internal sealed class FeedTable(
    IClusterSource source,
    ClusterOptions options,
    SharedInformerOptions? informers,
    TimeProvider time,
    ILoggerFactory loggers,
    RestoreDetector restores,
    Action changed
)
{
    private readonly Lock _gate = new();
    private readonly ILogger _logger = loggers.CreateLogger<FeedTable>();
    private readonly Dictionary<string, ResourceEntry> _added = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _narrowed = new(StringComparer.Ordinal);
    private readonly List<Task> _ending = [];

    // A lock of its own: informers are made under the lock of their feed, which is taken under that of the table.
    private readonly Lock _narrowingGate = new();
    private readonly List<Task> _narrowing = [];
    private volatile Dictionary<string, ResourceFeed> _feeds = new(StringComparer.Ordinal);
    private bool _isClosed;

    /// <summary>Every feed, in no order.</summary>
    public IReadOnlyCollection<ResourceFeed> All => _feeds.Values;

    /// <summary>A feed by its entry's name, or null.</summary>
    public ResourceFeed? Find(string resource) => _feeds.GetValueOrDefault(resource);

    /// <summary>Makes the feeds match the entries and the server; returns whether anything changed.</summary>
    public bool Apply(IEnumerable<ResourceEntry> entries, Func<ServedResources?> servedNow, string? problem)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            var (before, served) = (_feeds, servedNow());
            var after = new Dictionary<string, ResourceFeed>(before.Count, StringComparer.Ordinal);
            foreach (var entry in entries)
            {
                after[entry.Name] = NextLocked(before.GetValueOrDefault(entry.Name), entry, served, problem);
            }

            foreach (var entry in _added.Values.Where(entry => !after.ContainsKey(entry.Name)))
            {
                after[entry.Name] = NextLocked(before.GetValueOrDefault(entry.Name), entry, served, problem);
            }

            _feeds = after;
            var differs = before.Count != after.Count;
            foreach (var feed in before.Values)
            {
                if (!after.TryGetValue(feed.Entry.Name, out var kept))
                {
                    EndLocked(
                        feed.Retire(
                            $"{source.Name} no longer has the resource {feed.Entry.Name}: its definition was deleted",
                            replaced: false
                        )
                    );
                }

                differs |= kept != feed;
            }

            return differs;
        }
    }

    /// <summary>
    /// The feed of a resource outside the entries, made where there is none. An entry of the same name that becomes
    /// known later takes its place.
    /// </summary>
    public ResourceFeed Add(ResourceEntry entry, Func<ServedResources?> served, string? problem)
    {
        lock (_gate)
        {
            if (_feeds.TryGetValue(entry.Name, out var feed) || _isClosed)
            {
                return feed ?? ResourceFeed.Gone(source.Name, entry, $"{source.Name} was closed");
            }

            _added[entry.Name] = entry;
            feed = NextLocked(null, entry, served(), problem);
            _feeds = new Dictionary<string, ResourceFeed>(_feeds, StringComparer.Ordinal) { [entry.Name] = feed };
            return feed;
        }
    }

    /// <summary>Reads a resource in one namespace only, from the next <see cref="Apply"/> on.</summary>
    /// <param name="resource">The entry's name.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="again">Whether another namespace that was given before is replaced.</param>
    /// <returns>False where nothing changes.</returns>
    public bool Narrow(string resource, string ns, bool again)
    {
        lock (_gate)
        {
            if (_isClosed || _narrowed.TryGetValue(resource, out var known) && (!again || known == ns))
            {
                return false;
            }

            _narrowed[resource] = ns;
            return true;
        }
    }

    /// <summary>Ends every feed with a reason that streams pass on.</summary>
    public void Retire(string reason)
    {
        lock (_gate)
        {
            foreach (var feed in _feeds.Values)
            {
                EndLocked(feed.Retire(reason, replaced: false));
            }
        }
    }

    /// <summary>Ends every feed for good and waits for their informers to end.</summary>
    public async Task CloseAsync(string reason)
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        Retire(reason);
        Task[] ending;
        lock (_gate)
        {
            ending = [.. _ending];
        }

        await Task.WhenAll(ending);
        lock (_narrowingGate)
        {
            ending = [.. _narrowing];
        }

        // Each ends with its informer.
        await Task.WhenAll(ending);
    }

    private static string NewOrigin() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>The feed that serves an entry from now on: the one there is, or another in its place.</summary>
    private ResourceFeed NextLocked(ResourceFeed? before, ResourceEntry entry, ServedResources? served, string? problem)
    {
        var version = served?.Choose(entry);
        var ns = entry.Namespaced ? _narrowed.GetValueOrDefault(entry.Name) ?? options.Namespace : null;
        if (
            before is not null
            && before.Retired is null
            && before.Entry == entry
            && before.Namespace == ns
            && (before.Version is null || before.Version == version || served is null)
        )
        {
            Resolve(before, version, served, problem);
            return before;
        }

        var next = new ResourceFeed(source.Name, entry, ns, NewOrigin(), Make, _logger);
        if (before is { Retired: null })
        {
            // While the server cannot be asked, the version stays.
            version ??= served is null ? before.Version : null;
            var (wanted, isSame) = (before.IsWanted, before.Version == version && version is not null);
            var isElsewhere = before.Namespace != ns;
            var informer = before.Retire(
                version is null ? $"{source.Name} no longer has the resource {entry.Name}"
                    : isElsewhere ? $"{entry.Name} is read in the namespace {ns} only"
                    : isSame ? $"the columns of {entry.Name} changed"
                    : $"{source.Name} now serves {entry.Name} as {version.Value.ApiVersion}",
                replaced: version is not null
            );
            if (isSame && !isElsewhere && informer is not null)
            {
                next.Adopt(informer, version!.Value);
            }
            else
            {
                EndLocked(informer);
            }

            if (served is null && version is not null)
            {
                next.Resolve(version, null);
            }

            if (wanted)
            {
                next.Want();
            }
        }

        Resolve(next, version, served, problem);
        return next;
    }

    private static void Resolve(ResourceFeed feed, GroupVersionResource? version, ServedResources? served, string? problem)
    {
        if (served is not null)
        {
            feed.Resolve(version, null);
        }
        else if (problem is not null)
        {
            feed.Resolve(null, problem);
        }
    }

    private SharedInformer Make(GroupVersionResource version, ResourceEntry entry, string? ns)
    {
        var lister = restores.Watch(
            source.ListerWatcher(version, new ListerWatcherOptions { MetadataOnly = entry.MetadataOnly, Namespace = ns })
        );
        var informer = new SharedInformer(lister, informers, time, loggers.CreateLogger<SharedInformer>());
        restores.Add(lister, informer);
        if (options.NarrowsWhenDenied && entry.Namespaced && ns is null && source.Client?.Configuration.Namespace is { Length: > 0 } own)
        {
            // Not here: the feed's lock is held.
            var narrowing = Task.Run(() => NarrowWhenDeniedAsync(informer, entry.Name, own));
            lock (_narrowingGate)
            {
                _narrowing.RemoveAll(task => task.IsCompletedSuccessfully);
                _narrowing.Add(narrowing);
            }
        }

        return informer;
    }

    /// <summary>Ends when the resource is loaded, or was narrowed, or its informer has ended.</summary>
    private async Task NarrowWhenDeniedAsync(SharedInformer informer, string resource, string ns)
    {
        while (true)
        {
            var change = informer.Log.NextChange;
            var status = informer.Status;
            if (status.State == InformerState.Denied)
            {
                if (Narrow(resource, ns, again: false))
                {
                    changed();
                }

                return;
            }

            if (status.HasSynced || status.State == InformerState.Stopped)
            {
                return;
            }

            await change;
        }
    }

    private void EndLocked(SharedInformer? informer)
    {
        if (informer is not null)
        {
            restores.Remove(informer);
            _ending.RemoveAll(task => task.IsCompletedSuccessfully);

            // Not under the lock: what ends with the informer may ask for this table's state.
            _ending.Add(Task.Run(() => informer.DisposeAsync().AsTask()));
        }
    }
}
