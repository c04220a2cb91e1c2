using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>The state of a resource at one revision.</summary>
/// <param name="Revision">The revision.</param>
/// <param name="Objects">The objects, in no order.</param>
internal sealed record ListState(ResourceVersion Revision, IEnumerable<RawObject> Objects)
{
    /// <summary>
    /// The resourceVersions of objects that are cached under another: of those deleted since, whose last state came
    /// with the version of the deletion.
    /// </summary>
    public IReadOnlyDictionary<RawObject, string> Versions { get; private init; } = new Dictionary<RawObject, string>();

    /// <summary>The current state.</summary>
    public static ListState Now(SharedInformer informer)
    {
        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        return new(cursor.Revision, snapshot);
    }

    /// <summary>
    /// The state at a revision, from the cache and the changes since; null if a change is missing, or if the caller was
    /// not yet allowed to see it.
    /// </summary>
    public static ListState? At(SharedInformer informer, FeedView view, ResourceVersion revision)
    {
        var (snapshot, now) = informer.Log.OpenWithSnapshot();
        if (now.Revision == revision)
        {
            return new(revision, snapshot);
        }

        if (
            !revision.IsNumber
            || now.Revision.IsOlderThan(revision)
            || !view.GoesBackTo(revision)
            || informer.Log.OpenAfter(revision, view.Feed.HasIssued(revision)) is not { } cursor
        )
        {
            return null;
        }

        // The state before the first change of each object that changed since. Objects changed after the snapshot are
        // among them, and so no different.
        var before = new Dictionary<ObjectKey, RawObject?>();
        var versions = new Dictionary<RawObject, string>(ReferenceEqualityComparer.Instance);
        var changes = new List<Delta>();
        CursorReading reading;
        while ((reading = cursor.Read(changes)) == CursorReading.Deltas)
        {
            foreach (var change in changes)
            {
                if (change.IsFolded || (change.Kind != DeltaKind.Added && change.Old is null))
                {
                    return null;
                }

                if (before.TryAdd(change.Object.Key, change.Kind == DeltaKind.Added ? null : change.Old) && !change.HeldVersion.IsNone)
                {
                    versions[change.Object] = change.HeldVersion.ToString();
                }
            }
        }

        return reading == CursorReading.Nothing ? new(revision, Undo(snapshot, before)) { Versions = versions } : null;
    }

    private static IEnumerable<RawObject> Undo(ObjectSnapshot snapshot, Dictionary<ObjectKey, RawObject?> before)
    {
        foreach (var o in snapshot)
        {
            if (!before.ContainsKey(o.Key))
            {
                yield return o;
            }
        }

        foreach (var o in before.Values)
        {
            if (o is not null)
            {
                yield return o;
            }
        }
    }
}
