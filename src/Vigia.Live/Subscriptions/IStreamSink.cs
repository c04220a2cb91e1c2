using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>The output of a stream's events: SSE or WebSocket.</summary>
internal interface IStreamSink
{
    /// <summary>How much of an object goes out.</summary>
    ChangeShape Shape { get; }

    /// <summary>Counts the output.</summary>
    StreamTally Tally => StreamTally.Unread;

    /// <summary>
    /// True if enough was written that it should go out before more is: a client that does not read holds that much,
    /// however large objects are.
    /// </summary>
    bool IsFull => false;

    /// <summary><c>reset</c>: forget this resource, all that exists follows.</summary>
    void Reset(LiveSubscription source, ResetReason reason);

    /// <summary><c>added</c>, <c>updated</c> or <c>deleted</c> with its line of JSON.</summary>
    void Change(LiveSubscription source, DeltaKind kind, ReadOnlyMemory<byte> line);

    /// <summary><c>synced</c>: all that exists was sent.</summary>
    void Synced(LiveSubscription source, int objects);

    /// <summary><c>degraded</c> or <c>live</c>.</summary>
    void Freshness(LiveSubscription source, Freshness freshness);

    /// <summary>Waits until the client has taken the output: only here a slow client waits.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
