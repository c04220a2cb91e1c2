namespace Vigia.Informers.Deltas;

/// <summary>
/// The latest deletions, without bodies: a cursor that fell off the log needs them, since the store no longer has the
/// objects.
/// </summary>
/// <remarks>
/// One writer; readers take no lock. A reader detects that an entry was overwritten while it read, and reads again.
/// </remarks>
internal sealed class TombstoneRing(int capacity)
{
    private const int Smallest = 16;

    private Delta?[] _slots = new Delta?[Math.Min(Smallest, Math.Max(1, capacity))];
    private Forgotten _forgotten = new(default);
    private long _added;

    /// <summary>The newest deletion that was forgotten; cursors before it cannot be caught up.</summary>
    public ForgottenMark LastForgotten => Volatile.Read(ref _forgotten).Mark;

    public void Add(Delta deletion)
    {
        if (_added == _slots.Length && _slots.Length < capacity)
        {
            var larger = new Delta?[(int)Math.Min(capacity, _slots.Length * 2L)];
            _slots.CopyTo(larger, 0);
            Volatile.Write(ref _slots, larger);
        }

        ref var slot = ref _slots[_added % _slots.Length];
        if (slot is { } oldest)
        {
            // Said before it is gone: a reader that finds this unchanged afterwards has found all.
            Volatile.Write(ref _forgotten, new Forgotten(oldest.Mark));
        }

        Volatile.Write(ref slot, deletion);
        Volatile.Write(ref _added, _added + 1);
    }

    /// <summary>
    /// The deletions after one position up to another, oldest first; null if some of them were forgotten.
    /// </summary>
    public List<Delta>? Between(long position, long upTo)
    {
        while (true)
        {
            var forgotten = Volatile.Read(ref _forgotten);
            if (position < forgotten.Mark.Sequence)
            {
                return null;
            }

            var found = Collect(position, upTo);
            if (ReferenceEquals(forgotten, Volatile.Read(ref _forgotten)))
            {
                return found;
            }
        }
    }

    /// <summary>All that are remembered up to a position, oldest first, and the newest that was forgotten.</summary>
    public (List<Delta> Deletions, ForgottenMark Forgotten) UpTo(long upTo)
    {
        while (true)
        {
            var forgotten = Volatile.Read(ref _forgotten);
            var found = Collect(0, upTo);
            if (ReferenceEquals(forgotten, Volatile.Read(ref _forgotten)))
            {
                return (found, forgotten.Mark);
            }
        }
    }

    private List<Delta> Collect(long position, long upTo)
    {
        var added = Volatile.Read(ref _added);
        var slots = Volatile.Read(ref _slots);
        var found = new List<Delta>();
        for (var i = added - 1; i >= 0 && i >= added - slots.Length; i--)
        {
            // Newest first: a reader mostly needs the entries at the end.
            if (Volatile.Read(ref slots[i % slots.Length]) is not { } deletion || deletion.Sequence <= position)
            {
                break;
            }

            if (deletion.Sequence <= upTo)
            {
                found.Add(deletion);
            }
        }

        found.Reverse();
        return found;
    }

    private sealed record Forgotten(ForgottenMark Mark);
}
