using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Streaming;

/// <summary>The streams that are open: counted, limited, and waited for when the gateway stops.</summary>
internal sealed class StreamRegistry(StreamOptions options, TimeSpan drain, StreamCounters counters, Random random)
{
    private readonly ConcurrentDictionary<string, int> _callers = new(StringComparer.Ordinal);
    private long _opened;
    private int _open;
    private TaskCompletionSource? _drained;

    /// <summary>Streams open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Streams opened since the start.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>The totals of all streams since the start.</summary>
    public StreamCounters Counters => counters;

    /// <summary>Ends when no stream is open. For shutdown: it does not start again.</summary>
    public Task WhenDrained
    {
        get
        {
            var drained = LazyInitializer.EnsureInitialized(
                ref _drained,
                static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
            );
            if (Open == 0)
            {
                drained.TrySetResult();
            }

            return drained.Task;
        }
    }

    /// <summary>
    /// Over how long the streams that are open now should be closed: 10 ms each, as far as the drain timeout allows.
    /// </summary>
    public TimeSpan DrainOf() => TimeSpan.FromTicks(Math.Min((drain * 0.8).Ticks, TimeSpan.FromMilliseconds(10).Ticks * Open));

    /// <summary>
    /// Enters a stream; null if there are too many, with the reason. Dispose it when the stream ends.
    /// </summary>
    public Entry? TryEnter(HttpContext context, StreamTransport transport, out StreamRefusal? refusal)
    {
        var user = context.Features.Get<Caller>();
        var caller = user is null || user == Caller.Anybody ? context.Connection.RemoteIpAddress?.ToString() ?? "" : user.Identity;
        refusal =
            Open >= options.MaxStreams
                ? new StreamRefusal(503, $"this gateway serves {options.MaxStreams} streams at a time; try again in a few seconds")
            : _callers.AddOrUpdate(caller, 1, static (_, count) => count + 1) > options.MaxStreamsPerCaller
                ? new StreamRefusal(
                    429,
                    $"{caller} has {options.MaxStreamsPerCaller} streams open, the maximum; close some, or use several "
                        + "subscriptions on one WebSocket"
                )
            : null;
        if (refusal is not null)
        {
            counters.Refused(ofOneCaller: refusal.Status == 429);
            if (refusal.Status == 429)
            {
                Leave(caller);
            }

            return null;
        }

        var id = Interlocked.Increment(ref _opened);
        Interlocked.Increment(ref _open);
        var tally = counters.Open(transport);
        context.Features.Set(tally);
        return new Entry(this, id, caller, Jitter(), tally);
    }

    private void Leave(string caller)
    {
        // The last stream removes the entry, so that callers without streams cost nothing.
        if (_callers.AddOrUpdate(caller, 0, static (_, count) => count - 1) <= 0)
        {
            _callers.TryRemove(new KeyValuePair<string, int>(caller, 0));
        }
    }

    [SuppressMessage("Security", "CA5394", Justification = "Jitter.")]
    private double Jitter()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    /// <summary>A stream's place.</summary>
    internal sealed class Entry(StreamRegistry registry, long id, string caller, double jitter, StreamTally tally) : IDisposable
    {
        private int _left;

        public long Id => id;

        /// <summary>From 0 to 1, this stream's own.</summary>
        public double Jitter => jitter;

        /// <summary>The counts of the stream.</summary>
        public StreamTally Tally => tally;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) != 0)
            {
                return;
            }

            registry.Counters.Close(tally);
            registry.Leave(caller);
            if (Interlocked.Decrement(ref registry._open) == 0)
            {
                Volatile.Read(ref registry._drained)?.TrySetResult();
            }
        }
    }
}
