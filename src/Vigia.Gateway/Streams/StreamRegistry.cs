using System.Collections.Concurrent;

namespace Vigia.Gateway.Streams;

/// <summary>The streams that are open: counted, limited, and waited for when the gateway stops.</summary>
internal sealed class StreamRegistry(int most)
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _streams = new();
    private long _opened;
    private long _events;

    /// <summary>Streams open now.</summary>
    public int Open => _streams.Count;

    /// <summary>Streams opened since the start.</summary>
    public long Opened => Volatile.Read(ref _opened);

    /// <summary>Changes sent since the start, by streams that have ended.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Ends when every stream has ended.</summary>
    public Task WhenDrained => Task.WhenAll(_streams.Values.Select(stream => stream.Task));

    /// <summary>Enters a stream; null where there are too many. Dispose it when the stream ends.</summary>
    public Entry? TryEnter()
    {
        if (_streams.Count >= most)
        {
            return null;
        }

        var id = Interlocked.Increment(ref _opened);
        _streams[id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Entry(this, id);
    }

    /// <summary>A stream's place.</summary>
    internal sealed class Entry(StreamRegistry registry, long id) : IDisposable
    {
        public long Id => id;

        /// <summary>Changes the stream has sent.</summary>
        public long Changes { get; set; }

        public void Dispose()
        {
            Interlocked.Add(ref registry._events, Changes);
            if (registry._streams.TryRemove(id, out var ended))
            {
                ended.TrySetResult();
            }
        }
    }
}
