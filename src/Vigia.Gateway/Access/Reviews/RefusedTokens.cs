namespace Vigia.Gateway.Access.Reviews;

/// <summary>Tokens that were refused a moment ago, as digests: sent again in a loop they cost no question.</summary>
/// <remarks>
/// <b>Guarantees.</b> Bounded, the oldest goes first; nothing of a token but its digest is held. Thread-safe.
/// </remarks>
internal sealed class RefusedTokens(TimeProvider time)
{
    private const int Most = 1000;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _tokens = new(StringComparer.Ordinal);
    private readonly Queue<(string Digest, long At)> _order = new();

    /// <summary>How many are held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _tokens.Count;
            }
        }
    }

    /// <summary>A token was refused.</summary>
    public void Add(string digest)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            Forget(now, Most - 1);
            _tokens[digest] = now;
            _order.Enqueue((digest, now));
        }
    }

    /// <summary>True if it was refused a moment ago.</summary>
    public bool Contains(string digest)
    {
        lock (_gate)
        {
            Forget(time.GetTimestamp(), Most);
            return _tokens.ContainsKey(digest);
        }
    }

    private void Forget(long now, int most)
    {
        while (_order.TryPeek(out var first) && (_order.Count > most || time.GetElapsedTime(first.At, now) >= Kept))
        {
            _order.Dequeue();
            if (_tokens.TryGetValue(first.Digest, out var at) && at == first.At)
            {
                _tokens.Remove(first.Digest);
            }
        }
    }
}
