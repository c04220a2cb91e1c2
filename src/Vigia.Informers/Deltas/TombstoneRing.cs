using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Deltas;

/// <summary>The latest deletions, without bodies: what a cursor that fell off the log missed and the store cannot tell.</summary>
internal sealed class TombstoneRing(int capacity)
{
    private readonly Queue<Delta> _deletions = new();

    /// <summary>The sequence number of the newest deletion that was forgotten; cursors before it cannot be caught up.</summary>
    public long ForgottenSequence { get; private set; }

    /// <summary>The revision of the newest deletion that was forgotten.</summary>
    public ResourceVersion ForgottenRevision { get; private set; }

    public void Add(Delta deletion)
    {
        _deletions.Enqueue(deletion);
        if (_deletions.Count > capacity)
        {
            var forgotten = _deletions.Dequeue();
            (ForgottenSequence, ForgottenRevision) = (forgotten.Sequence, forgotten.UpTo);
        }
    }

    public void Clear() => _deletions.Clear();

    /// <summary>The deletions after a sequence number, oldest first.</summary>
    public IEnumerable<Delta> Since(long sequence) => _deletions.Where(deletion => deletion.Sequence > sequence);
}
