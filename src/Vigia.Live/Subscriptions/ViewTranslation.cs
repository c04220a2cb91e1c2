using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// Translates the API server's changes to one client's view: an object that starts to match is added, one that stops
/// matching is deleted.
/// </summary>
/// <remarks>For one reader at a time.</remarks>
internal sealed class ViewTranslation(FeedView view, PresetStream? preset)
{
    private const int Batch = 128;

    private HashSet<ObjectKey>? _members;

    /// <summary>The remembered names are of no use any more: the client has caught up, or was reset.</summary>
    public void Forget() => _members = null;

    /// <summary>
    /// The delta from this client's view; null for none. In a preset an update that changes no cell of the row is none.
    /// </summary>
    public DeltaKind? Of(Delta delta)
    {
        if (delta.Kind == DeltaKind.Updated ? delta.Old is null : delta.Kind == DeltaKind.Deleted && delta.IsFolded)
        {
            return TranslateFolded(delta);
        }

        var before = delta.Old is { } old && delta.Kind != DeltaKind.Added && view.Sees(old);
        var after = delta.New is { } next && view.Sees(next);
        return (delta.Kind, before, after) switch
        {
            (DeltaKind.Added, _, true) => DeltaKind.Added,
            (DeltaKind.Updated, true, true) => IsOfInterest(delta) ? DeltaKind.Updated : null,

            (DeltaKind.Updated, false, true) => DeltaKind.Added,
            (DeltaKind.Updated, _, false) => before ? DeltaKind.Deleted : null,
            (DeltaKind.Deleted, true, _) => DeltaKind.Deleted,
            _ => null,
        };
    }

    /// <summary>
    /// Steps were folded, so the delta does not contain the previous state. It is known from the names that the client
    /// held when it began to lag (<see cref="Remember"/>). Otherwise (a client that resumes after long) the client
    /// receives <c>deleted</c> for objects that it may have had, which has no effect if it never had them.
    /// </summary>
    private DeltaKind? TranslateFolded(Delta delta)
    {
        var after = delta.New is { } next && view.Sees(next);
        if (_members is { } members)
        {
            return (members.Contains(delta.Object.Key), after) switch
            {
                (true, true) => DeltaKind.Updated,
                (true, false) => DeltaKind.Deleted,
                (false, true) => DeltaKind.Added,
                _ => null,
            };
        }

        if (after)
        {
            return DeltaKind.Updated;
        }

        // Of a deletion only the header is remembered: where the namespace or the labels rule it out, it is out, but
        // labels may have changed before it.
        return view.Query.IsFixed && !view.Sees(delta.Object) ? null
            : view.Allows(delta.Object.Namespace) ? DeltaKind.Deleted
            : null;
    }

    /// <summary>
    /// The client reads too slowly: remember which objects its filter has shown it, while the log still has that, so
    /// that a catch-up can report exactly which objects enter and leave. Costs one pass over the store and a set of
    /// names, only for a filtered view of a client that lags.
    /// </summary>
    public void Remember(DeltaLog log, DeltaCursor cursor)
    {
        if (_members is not null || view.IsEverything || (view.Query.IsFixed && view.IsUnlimited))
        {
            return;
        }

        var (snapshot, end) = log.OpenWithSnapshot();
        if (log.OpenAt(cursor.Position, cursor.Epoch, ResourceVersion.None) is not { } back)
        {
            return;
        }

        // An object's state at the cursor is its state before the first change since.
        var before = new Dictionary<ObjectKey, bool>();
        var deltas = new List<Delta>(Batch);
        while (back.Position < end.Position)
        {
            if (back.Read(deltas, (int)Math.Min(Batch, end.Position - back.Position)) != CursorReading.Deltas)
            {
                return;
            }

            foreach (var delta in deltas)
            {
                before.TryAdd(delta.Object.Key, delta.Kind != DeltaKind.Added && delta.Old is { } old && view.Sees(old));
            }
        }

        var members = new HashSet<ObjectKey>(before.Where(pair => pair.Value).Select(pair => pair.Key));
        foreach (var o in snapshot)
        {
            if (!before.ContainsKey(o.Key) && view.Sees(o))
            {
                members.Add(o.Key);
            }
        }

        _members = members;
    }

    private bool IsOfInterest(Delta delta) =>
        view.Query.IsOfInterest(delta.Old!, delta.New!)
        && !(preset is not null && view.Feed.Entry.RowOf(delta.Old!).Equals(view.Feed.Entry.RowOf(delta.New!)));
}
