namespace Vigia.Controllers.Reconciling;

/// <summary>
/// Keys whose reconciliation may have read objects from an informer's store that the controller has not received yet.
/// </summary>
/// <remarks>
/// A reconciliation reads the store, which is ahead of the deltas. Normally that is harmless: the deltas follow, and
/// the key is reconciled again. But an object that is created and deleted while a handler lags is folded away, so no
/// delta follows, and a reconciliation that saw it there would never be repeated. So every key that finished while the
/// handler was behind is reconciled again when steps are left out.
/// </remarks>
internal sealed class ReadAhead<TKey>(IEqualityComparer<TKey>? comparer)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private HashSet<TKey> _keys = new(comparer);
    private long _upTo;
    private long _folds;

    /// <summary>How often steps were left out; read it before work starts.</summary>
    public long Folds => Interlocked.Read(ref _folds);

    /// <summary>Work on a key has ended, that began at so many folds.</summary>
    /// <param name="key">The key.</param>
    /// <param name="folds"><see cref="Folds"/> when it began.</param>
    /// <param name="head">The log's head when it ended, or later: all that it can have read.</param>
    /// <param name="handled">The position that the handler had reached then, or earlier.</param>
    /// <returns>True if the key must be worked on again: steps were left out meanwhile.</returns>
    public bool Worked(TKey key, long folds, long head, long handled)
    {
        lock (_gate)
        {
            if (folds != _folds)
            {
                return true;
            }

            if (handled < head)
            {
                _keys.Add(key);
                _upTo = Math.Max(_upTo, head);
            }

            return false;
        }
    }

    /// <summary>
    /// The handler has received everything up to this position: the deltas of everything read ahead have followed.
    /// </summary>
    public void Told(long position)
    {
        if (position >= Volatile.Read(ref _upTo) && _keys.Count > 0)
        {
            lock (_gate)
            {
                if (position >= _upTo)
                {
                    _keys.Clear();
                }
            }
        }
    }

    /// <summary>Steps were left out: the keys that must be worked on again.</summary>
    public IReadOnlyCollection<TKey> Fold()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _folds);
            var keys = _keys;
            _keys = new(keys.Comparer);
            return keys;
        }
    }
}
