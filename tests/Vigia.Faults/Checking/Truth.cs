namespace Vigia.Faults.Checking;

/// <summary>One write, as the server decided it.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Name">The object.</param>
/// <param name="Sequence">The number that the writer put into the object; null for a deletion.</param>
internal readonly record struct TruthStep(long Revision, string Name, long? Sequence);

/// <summary>
/// What really happened, from a source that no gateway has part in. A restore of the server begins another epoch: the
/// history up to the backup, and what was written since.
/// </summary>
internal sealed class Truth
{
    private readonly Lock _gate = new();
    private readonly List<List<TruthStep>> _epochs =
    [
        [],
    ];

    /// <summary>The histories, each in the order of revisions.</summary>
    public IReadOnlyList<IReadOnlyList<TruthStep>> Epochs
    {
        get
        {
            lock (_gate)
            {
                return [.. _epochs.Select(epoch => epoch.ToArray())];
            }
        }
    }

    /// <summary>Writes so far in the present history.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _epochs[^1].Count;
            }
        }
    }

    /// <summary>The revision of the newest write in the present history; 0 before the first.</summary>
    public long Newest
    {
        get
        {
            lock (_gate)
            {
                return _epochs[^1] is [.., var last] ? last.Revision : 0;
            }
        }
    }

    /// <summary>A write was made.</summary>
    public void Note(TruthStep step)
    {
        lock (_gate)
        {
            // A recorder that was interrupted tells the last ones twice.
            if (_epochs[^1] is not [.., var last] || step.Revision > last.Revision)
            {
                _epochs[^1].Add(step);
            }
        }
    }

    /// <summary>The server went back to a revision.</summary>
    public void Restored(long revision)
    {
        lock (_gate)
        {
            _epochs.Add([.. _epochs[^1].TakeWhile(step => step.Revision <= revision)]);
        }
    }
}
