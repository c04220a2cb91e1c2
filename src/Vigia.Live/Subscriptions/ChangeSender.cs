using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Subscriptions;

/// <summary>
/// Hands the changes of one subscription to its sink, encoded only where the sink wants lines of JSON.
/// </summary>
internal sealed class ChangeSender(LiveSubscription subscription, PresetStream? preset)
{
    /// <summary>A change of the log.</summary>
    /// <param name="sink">Receives it.</param>
    /// <param name="delta">The change.</param>
    /// <param name="kind">The change from this client's view.</param>
    public void Send(IStreamSink sink, Delta delta, DeltaKind kind)
    {
        // The age of changes that the client missed while it was away is not this gateway's delay.
        sink.Tally.Carry(delta, subscription.State == SubscriptionState.Live);
        if (sink is IDeltaSink plain)
        {
            plain.Change(subscription, kind, delta);
        }
        else
        {
            sink.Change(
                subscription,
                kind,
                preset is null
                    ? ChangeEncoder.Encode(Cluster, Entry, delta, sink.Shape)
                    : ChangeEncoder.Encode(Cluster, Entry, delta, sink.Shape, preset, kind)
            );
        }
    }

    /// <summary>An object of a snapshot.</summary>
    public void SendAdded(IStreamSink sink, RawObject o, DateTimeOffset now)
    {
        if (sink is IDeltaSink plain)
        {
            plain.Change(subscription, DeltaKind.Added, Delta.Create(DeltaKind.Added, null, o, o.ResourceVersion, now));
        }
        else
        {
            sink.Change(subscription, DeltaKind.Added, ChangeEncoder.Encode(Cluster, Entry, o, now, sink.Shape, preset));
        }
    }

    /// <summary>An object that leaves with its feed.</summary>
    public void SendGone(IStreamSink sink, RawObject o, DateTimeOffset now) =>
        sink.Change(subscription, DeltaKind.Deleted, ChangeEncoder.Encode(Cluster, Entry, o, now, sink.Shape, preset, DeltaKind.Deleted));

    /// <summary>
    /// An object that enters or leaves because the caller's rights changed. Of one that leaves only its identity is
    /// sent.
    /// </summary>
    public void SendByRights(IStreamSink sink, RawObject o, DateTimeOffset now, bool isAllowed) =>
        sink.Change(
            subscription,
            isAllowed ? DeltaKind.Added : DeltaKind.Deleted,
            isAllowed
                ? ChangeEncoder.Encode(Cluster, Entry, o, now, sink.Shape, preset)
                : ChangeEncoder.EncodeForbidden(Cluster, Entry, o, now)
        );

    private string Cluster => subscription.Feed.Cluster;

    private ResourceEntry Entry => subscription.Entry;
}
