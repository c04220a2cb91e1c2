using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Live.Subscriptions;

/// <summary>The objects of one feed that one caller sees: the query and the caller's rights.</summary>
/// <remarks>
/// The rights are read once per namespace and kept until <see cref="Refresh"/>, so that in between a view is a function
/// of the object alone, and entering and leaving can be detected. For one reader at a time.
/// </remarks>
internal sealed class FeedView(ResourceFeed feed, LiveQuery query, IViewRights rights)
{
    private Dictionary<string, bool>? _allowed;
    private Task _change = rights.NextChange;

    /// <summary>The feed.</summary>
    public ResourceFeed Feed => feed;

    /// <summary>The query.</summary>
    public LiveQuery Query => query;

    /// <summary>True if every object of the feed is seen.</summary>
    public bool IsEverything => query.IsEverything && rights.IsEverything;

    /// <summary>Why the view may differ from the caller's current rights; null if it is current.</summary>
    public string? Problem => rights.IsEverything ? null : rights.Problem(feed.Cluster, feed.Entry);

    /// <summary>Has <paramref name="signal"/> set whenever <see cref="IsOutdated"/> may find something.</summary>
    public IDisposable Listen(ChangeNotifier notifier, AsyncSignal signal) => notifier.Join(rights, () => rights.NextChange, signal);

    /// <summary>Ends when <see cref="IsOutdated"/> may find something.</summary>
    public Task NextChange => _change;

    /// <summary>True if nothing but the query decides.</summary>
    public bool IsUnlimited => rights.IsEverything;

    /// <summary>Equal where query and rights are: part of cursors.</summary>
    public string Fingerprint { get; private set; } = query.Fingerprint;

    /// <summary>
    /// True if a reader that has seen everything up to a revision may receive the changes after it: the caller's rights
    /// go back that far.
    /// </summary>
    public bool GoesBackTo(ResourceVersion revision) =>
        rights.IsEverything || !revision.IsOlderThan(rights.HistoryFrom(feed.Cluster, feed.Entry));

    /// <summary>Awaited before the first object is read.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await rights.PrepareAsync(feed.Cluster, feed.Entry, cancellationToken);
        TakeFingerprint();
    }

    /// <summary>True if the caller sees the object.</summary>
    public bool Sees(RawObject o) => (rights.IsEverything || Allows(o.Namespace)) && (query.IsEverything || query.Matches(o, feed.Entry));

    /// <summary>How many objects of a store the caller sees.</summary>
    public int CountIn(Store store)
    {
        if (IsEverything)
        {
            return store.Count;
        }

        var count = 0;
        foreach (var o in query.OnlyNamespace is { } ns ? store.List(ns) : store.List())
        {
            count += Sees(o) ? 1 : 0;
        }

        return count;
    }

    /// <summary>True if the caller may see the namespace.</summary>
    public bool Allows(string ns)
    {
        _allowed ??= new(StringComparer.Ordinal);
        if (!_allowed.TryGetValue(ns, out var allowed))
        {
            _allowed[ns] = allowed = rights.Allows(feed.Cluster, feed.Entry, ns);
        }

        return allowed;
    }

    /// <summary>True if an answer has changed; the view changes only at <see cref="Refresh"/>.</summary>
    public bool IsOutdated()
    {
        if (rights.IsEverything || !_change.IsCompleted)
        {
            return false;
        }

        _change = rights.NextChange;
        TakeFingerprint();
        foreach (var (ns, allowed) in _allowed ?? [])
        {
            if ((!rights.IsGone(feed.Cluster, feed.Entry, ns) && rights.Allows(feed.Cluster, feed.Entry, ns)) != allowed)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads the rights on every known namespace again; returns those that changed, with the new value.
    /// </summary>
    public IReadOnlyDictionary<string, bool> Refresh()
    {
        // The fingerprint first: if the rights change in between, it is the older one, and a client that returns with
        // it is reset, and does not keep objects that it may not see.
        TakeFingerprint();
        var changed = new Dictionary<string, bool>(StringComparer.Ordinal);
        List<string>? gone = null;
        foreach (var (ns, allowed) in _allowed ?? [])
        {
            var isGone = rights.IsGone(feed.Cluster, feed.Entry, ns);
            var now = !isGone && rights.Allows(feed.Cluster, feed.Entry, ns);
            if (now != allowed)
            {
                changed[ns] = now;
            }

            if (isGone)
            {
                (gone ??= []).Add(ns);
            }
        }

        foreach (var (ns, now) in changed)
        {
            _allowed![ns] = now;
        }

        // A namespace that is gone, and may be created again for another owner.
        foreach (var ns in gone ?? [])
        {
            _allowed!.Remove(ns);
        }

        return changed;
    }

    private void TakeFingerprint()
    {
        if (!rights.IsEverything)
        {
            Fingerprint = Fingerprints.Of($"{query.Fingerprint}+{rights.Fingerprint(feed.Cluster, feed.Entry)}");
        }
    }
}
