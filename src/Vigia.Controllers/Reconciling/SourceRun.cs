using Vigia.Informers;

namespace Vigia.Controllers.Reconciling;

/// <summary>One informer during one run of a controller: its handler, and what work read ahead of it.</summary>
internal sealed class SourceRun<TKey> : IAsyncDisposable
    where TKey : notnull
{
    private readonly ReadAhead<TKey> _ahead;

    public SourceRun(
        ControllerSource<TKey> source,
        WorkQueue<TKey> queue,
        IEqualityComparer<TKey>? comparer,
        Action<Delta, WorkPriority> enqueue,
        TimeProvider time
    )
    {
        Informer = source.Informer;
        _ahead = new(comparer);
        Informer.Start();
        Registration = Informer.AddHandler(new SourceHandler(enqueue, Folded, _ahead.Told, time));

        void Folded()
        {
            foreach (var key in _ahead.Fold())
            {
                queue.Add(key);
            }
        }
    }

    public SharedInformer Informer { get; }

    public HandlerRegistration Registration { get; }

    public long Folds => _ahead.Folds;

    /// <summary>Work on a key has ended; true if it must be done again. See <see cref="ReadAhead{TKey}"/>.</summary>
    public bool Worked(TKey key, long folds)
    {
        // In this order: the handled position may only grow meanwhile. The head covers every change visible in the
        // store.
        var handled = Registration.Handled;
        var head = Informer.Log.HeadOfStore();
        return _ahead.Worked(key, folds, head, handled);
    }

    public ValueTask DisposeAsync() => Registration.DisposeAsync();
}
