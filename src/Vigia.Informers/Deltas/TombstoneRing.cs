namespace Vigia.Informers.Deltas;

/// <summary>The latest deletions, without bodies: what a cursor that fell off the log missed and the store cannot tell.</summary>
internal sealed class TombstoneRing(int capacity)
{
    private readonly Queue<Delta> _deletions = new();

    /// <summary>The newest deletion that was forgotten; cursors before it cannot be caught up.</summary>
    public ForgottenMark Forgotten { get; private set; }

    public void Add(Delta deletion)
    {
        _deletions.Enqueue(deletion);
        if (_deletions.Count > capacity)
        {
            Forgotten = _deletions.Dequeue().Mark;
        }
    }

    public void Clear()
    {
        _deletions.Clear();
        Forgotten = default;
    }

    /// <summary>The deletions after a sequence number, oldest first.</summary>
    public IEnumerable<Delta> Since(long sequence) => _deletions.Where(deletion => deletion.Sequence > sequence);
}
