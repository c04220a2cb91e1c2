using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>A sink that wants the delta itself rather than its line of JSON: nothing is encoded for it.</summary>
internal interface IDeltaSink : IStreamSink
{
    /// <summary>A change of the log; objects of a snapshot come as additions.</summary>
    void Change(LiveSubscription source, DeltaKind kind, Delta delta);
}
