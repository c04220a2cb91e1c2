using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Controllers.Reconciling;

/// <summary>Passes changes of an informer to a controller, and makes sure that no deletion is missed.</summary>
/// <remarks>
/// It remembers the last delivered version of each object (the store's own instance, so this costs a dictionary entry).
/// A reset delivers no deletions, only current objects: known objects that are not delivered again are treated as
/// deleted. If steps were folded, that version is the old one, so an owner that lost an object meanwhile is added too.
/// </remarks>
internal sealed class SourceHandler(Action<Delta, WorkPriority> enqueue, Action folded, Action<long> told, TimeProvider time)
    : IResourceEventHandler
{
    private Dictionary<ObjectKey, RawObject> _known = [];
    private Dictionary<ObjectKey, RawObject> _before = [];

    public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
    {
        var key = delta.Object.Key;
        var held = _known.GetValueOrDefault(key) ?? _before.GetValueOrDefault(key);
        if (delta.New is { } o)
        {
            _known[key] = o;
        }
        else
        {
            _known.Remove(key);
        }

        // One recreated out of sight stays among those of before: its deletion is worked on too.
        if (delta.New is null || held?.Uid == delta.New.Uid)
        {
            _before.Remove(key);
        }

        var seen =
            delta.Old is null && held is not null && held.Uid == delta.New?.Uid
                ? new Delta(DeltaKind.Updated, held, delta.New, delta.Revision, delta.ReceivedAt)
                {
                    IsFolded = true,
                    IsInInitialList = delta.IsInInitialList,
                }
                : delta;
        enqueue(seen, delta.IsInInitialList ? WorkPriority.Low : WorkPriority.Normal);
        told(delta.Position);
        return ValueTask.CompletedTask;
    }

    public ValueTask ResetAsync(CancellationToken cancellationToken)
    {
        (_before, _known) = (_known, []);
        return ValueTask.CompletedTask;
    }

    public ValueTask FoldedAsync(CancellationToken cancellationToken)
    {
        folded();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReplayedAsync(CancellationToken cancellationToken)
    {
        var gone = _before;
        _before = [];
        foreach (var o in gone.Values)
        {
            enqueue(new Delta(DeltaKind.Deleted, o, null, o.ResourceVersion, time.GetUtcNow()) { IsFolded = true }, WorkPriority.Normal);
        }

        return ValueTask.CompletedTask;
    }
}
