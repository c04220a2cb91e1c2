using Vigia.Kubernetes;

namespace Vigia.Simulator.Storage;

/// <summary>A callback for the writes to one type, or to any.</summary>
internal sealed class Subscription(GroupVersionResource? gvr, Action<StoreChange> onChange, Action<Subscription> onDispose) : IDisposable
{
    public void Send(StoreChange change)
    {
        if (gvr is null || gvr == change.Item.Type.Gvr)
        {
            onChange(change);
        }
    }

    public void Dispose() => onDispose(this);
}
