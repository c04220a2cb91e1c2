using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>The counts of one connection. Written by its loop alone, read by any thread.</summary>
internal sealed class StreamTally(StreamTransport transport, StreamCounters? counters)
{
    private long _changes;
    private long _folded;
    private DateTimeOffset _oldest;
    private uint _rounds;

    /// <summary>A tally without a reader.</summary>
    public static StreamTally Unread { get; } = new(StreamTransport.Sse, null);

    /// <summary>How it travels.</summary>
    public StreamTransport Transport => transport;

    /// <summary>Changes written.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>Changes written for which steps in between were left out.</summary>
    public long Folded => Volatile.Read(ref _folded);

    /// <summary>A change was written.</summary>
    public void Sent() => Volatile.Write(ref _changes, _changes + 1);

    /// <summary>The change that is being written was read from the API server then.</summary>
    /// <param name="delta">The change.</param>
    /// <param name="isLive">
    /// False for changes that a resuming client had missed: its absence does not count as latency.
    /// </param>
    public void Carry(Delta delta, bool isLive)
    {
        if (delta.IsFolded)
        {
            Volatile.Write(ref _folded, _folded + 1);
        }

        if (isLive && _oldest == default)
        {
            _oldest = delta.ReceivedAt;
        }
    }

    /// <summary>The client's socket has taken the output.</summary>
    public void Flushed(TimeProvider time)
    {
        if (_oldest == default)
        {
            return;
        }

        // One round in eight, the first among them: a thousand streams have hundreds of thousands of rounds a second.
        if ((_rounds++ & 7) == 0)
        {
            counters?.Delivered(transport, time.GetUtcNow() - _oldest);
        }

        _oldest = default;
    }

    /// <summary>The client received a reset for a resource.</summary>
    public void Reset(ResetReason reason) => counters?.Reset(reason);

    /// <summary>A client that came back was taken up.</summary>
    public void PickedUp(StreamPickUp how) => counters?.PickedUp(how);
}
