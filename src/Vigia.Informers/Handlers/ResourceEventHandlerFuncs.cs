using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>A handler from functions; missing ones do nothing (client-go's type of this name).</summary>
public sealed class ResourceEventHandlerFuncs : IResourceEventHandler
{
    /// <summary>
    /// A new object; the flag is true for the first list and the replay to a late handler (client-go's
    /// <c>isInInitialList</c>).
    /// </summary>
    public Action<RawObject, bool>? OnAdd { get; init; }

    /// <summary>
    /// A new version; the old one is null if steps were folded, and the same as the new one in a resync.
    /// </summary>
    public Action<RawObject?, RawObject>? OnUpdate { get; init; }

    /// <summary>
    /// A deleted object's last known state; the flag is true if that may be stale (<c>DeletedFinalStateUnknown</c>).
    /// </summary>
    public Action<RawObject, bool>? OnDelete { get; init; }

    /// <summary>
    /// The server was restored to an older state: drop everything derived from earlier calls; the new state follows as
    /// additions. client-go has no such call.
    /// </summary>
    public Action? OnReset { get; init; }

    /// <inheritdoc/>
    public ValueTask ResetAsync(CancellationToken cancellationToken)
    {
        OnReset?.Invoke();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(delta);
        switch (delta.Kind)
        {
            case DeltaKind.Added:
                OnAdd?.Invoke(delta.New!, delta.IsInInitialList);
                break;
            case DeltaKind.Updated:
                OnUpdate?.Invoke(delta.Old, delta.New!);
                break;
            default:
                OnDelete?.Invoke(delta.Old!, delta.IsFinalStateUnknown || delta.IsFolded);
                break;
        }

        return ValueTask.CompletedTask;
    }
}
