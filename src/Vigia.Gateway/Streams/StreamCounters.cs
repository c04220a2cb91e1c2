using Vigia.Gateway.Metrics;
using Vigia.Informers.Deltas;

namespace Vigia.Gateway.Streams;

/// <summary>What all streams together have come to: those that are open and those that have ended. Safe on any thread; a number never goes back.</summary>
internal sealed class StreamCounters(GatewayInstruments? instruments)
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
    public void Delivered(StreamTransport transport, TimeSpan since) => instruments?.Delivered(Words[(int)transport], since);

    /// <summary>A client was told to forget.</summary>
    public void Reset(ResetReason reason) => Interlocked.Increment(ref _resets[(int)reason]);

    /// <summary>A client was taken up.</summary>
    public void PickedUp(StreamPickUp how) => Interlocked.Increment(ref _pickUps[(int)how]);

    /// <summary>Changes sent by all streams, those that are open too.</summary>
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

    /// <summary>Tells it all.</summary>
    public void Write(MetricText text)
    {
        var open = text.Gauge("vigia_streams_open", "Streams that are open now, by transport: server-sent events, WebSockets, Kubernetes watches.");
        var opened = text.Counter("vigia_streams_opened_total", "Streams that were opened.");
        var sent = text.Counter("vigia_stream_events_sent_total", "Changes that were sent, by streams that are open and by those that have ended.");
        var folded = text.Counter("vigia_stream_events_folded_total", "Changes that were sent in place of several: the reader lagged and was given the latest state.");
        var resets = text.Counter("vigia_stream_resets_total", "Times that a client was told to forget a resource, by reason: start (it is new), filter (it asks for something else), expired (a gap that cannot be filled), restored (the API server went back).");
        var pickUps = text.Counter("vigia_stream_resumes_total", "Clients that came back with a cursor, for each resource: exact, log, history (of the API server), or reset where nothing reaches back so far.");
        var refused = text.Counter("vigia_streams_refused_total", "Streams that were refused because there were too many, in all (limit) or of one caller (caller).");
        lock (_gate)
        {
            for (var i = 0; i < Words.Length; i++)
            {
                var transport = (StreamTransport)i;
                open.Set(_open.Count(tally => tally.Transport == transport), ("transport", Words[i]));
                opened.Set(_opened[i], ("transport", Words[i]));
                sent.Set(_changes[i] + _open.Sum(tally => tally.Transport == transport ? tally.Changes : 0), ("transport", Words[i]));
                folded.Set(_folded[i] + _open.Sum(tally => tally.Transport == transport ? tally.Folded : 0), ("transport", Words[i]));
            }
        }

        foreach (var reason in Enum.GetValues<ResetReason>())
        {
            resets.Set(Volatile.Read(ref _resets[(int)reason]), ("reason", EventMembers.Word(reason)));
        }

        foreach (var how in Enum.GetValues<StreamPickUp>())
        {
            pickUps.Set(Volatile.Read(ref _pickUps[(int)how]), ("from", how.ToString().ToLowerInvariant()));
        }

        refused.Set(Volatile.Read(ref _tooMany), ("reason", "limit"));
        refused.Set(Volatile.Read(ref _tooManyOfOne), ("reason", "caller"));
    }
}
