using Vigia.Informers;

namespace Vigia.Live.Subscriptions;

/// <summary>The totals of all streams, open and ended. Thread-safe; a number never decreases.</summary>
/// <param name="delivered">
/// Called for a flushed batch: with the transport, and the time since its changes were received. On any thread.
/// </param>
internal sealed class StreamCounters(Action<string, TimeSpan>? delivered)
{
    private static readonly string[] Words = ["sse", "websocket", "watch"];

    private readonly Lock _gate = new();
    private readonly HashSet<StreamTally> _open = [];
    private readonly long[] _opened = new long[Words.Length];
    private readonly long[] _changes = new long[Words.Length];
    private readonly long[] _folded = new long[Words.Length];
    private readonly long[] _resets = new long[Enum.GetValues<ResetReason>().Length];
    private readonly long[] _pickUps = new long[Enum.GetValues<StreamPickUp>().Length];
    private long _tooMany;
    private long _tooManyOfOne;

    /// <summary>A stream is opened.</summary>
    public StreamTally Open(StreamTransport transport)
    {
        var tally = new StreamTally(transport, this);
        lock (_gate)
        {
            _open.Add(tally);
            _opened[(int)transport]++;
        }

        return tally;
    }

    /// <summary>A stream has ended.</summary>
    public void Close(StreamTally tally)
    {
        lock (_gate)
        {
            if (_open.Remove(tally))
            {
                _changes[(int)tally.Transport] += tally.Changes;
                _folded[(int)tally.Transport] += tally.Folded;
            }
        }
    }

    /// <summary>A stream was refused: for there are too many, of all or of one caller.</summary>
    public void Refused(bool ofOneCaller) => Interlocked.Increment(ref ofOneCaller ? ref _tooManyOfOne : ref _tooMany);

    /// <summary>A round was flushed.</summary>
    public void Delivered(StreamTransport transport, TimeSpan since) => delivered?.Invoke(Words[(int)transport], since);

    /// <summary>A client received a reset.</summary>
    public void Reset(ResetReason reason) => Interlocked.Increment(ref _resets[(int)reason]);

    /// <summary>A client was taken up.</summary>
    public void PickedUp(StreamPickUp how) => Interlocked.Increment(ref _pickUps[(int)how]);

    /// <summary>Changes sent by all streams, including open ones.</summary>
    public long Changes
    {
        get
        {
            lock (_gate)
            {
                return _changes.Sum() + _open.Sum(tally => tally.Changes);
            }
        }
    }

    /// <summary>The current totals.</summary>
    public StreamMeasurements Read()
    {
        lock (_gate)
        {
            var transports = new TransportMeasurements[Words.Length];
            for (var i = 0; i < transports.Length; i++)
            {
                var open = _open.Where(tally => tally.Transport == (StreamTransport)i).ToArray();
                transports[i] = new(
                    Words[i],
                    open.Length,
                    _opened[i],
                    _changes[i] + open.Sum(tally => tally.Changes),
                    _folded[i] + open.Sum(tally => tally.Folded)
                );
            }

            return new(
                transports,
                [.. Enum.GetValues<ResetReason>().Select(reason => (reason, Volatile.Read(ref _resets[(int)reason])))],
                [.. Enum.GetValues<StreamPickUp>().Select(how => (how, Volatile.Read(ref _pickUps[(int)how])))],
                Volatile.Read(ref _tooMany),
                Volatile.Read(ref _tooManyOfOne)
            );
        }
    }
}
