namespace Vigia.Informers.Caching;

/// <summary>
/// Checks the consistency of a store for audits: lists, single objects, indexes, and the recorded index values. There
/// must be no fault.
/// </summary>
/// <remarks>
/// Checks a random sample of objects and index values, so it costs the same for a store of any size. The writer waits
/// for a few microseconds at a time: the lock is held for at most <see cref="Chunk"/> objects. Index functions are not
/// called again: they are user code and may return other values. The index must contain the values returned when the
/// object was stored.
/// </remarks>
internal static class StoreCheck
{
    /// <summary>Objects and index values that are looked at, at most.</summary>
    internal const int Sample = 1000;

    private const int Chunk = 32;

    /// <summary>The inconsistencies, in words; empty if there are none.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "A sample.")]
    public static List<string> FaultsOf(Store store, Random random)
    {
        var faults = new List<string>();
        Look(store, faults, 1, _ => store.CountFault());
        var count = store.Count;
        var first = count > Sample ? random.Next(count) : 0;

        // A stretch at random that wraps around: between two chunks objects may come and go, and some are then looked
        // at twice or not at all.
        Look(store, faults, Math.Min(count, Sample), i => store.FaultAt((first + i) % count));
        foreach (var index in store.IndexNames)
        {
            var values = SampleOf(store.IndexValues(index), Sample, random);
            Look(store, faults, values.Count, i => store.GhostIn(index, values[i], random.Next()));
        }

        return faults;
    }

    private static void Look(Store store, List<string> faults, int count, Func<int, string?> fault)
    {
        for (var at = 0; at < count; )
        {
            lock (store.Writing)
            {
                for (var end = Math.Min(count, at + Chunk); at < end; at++)
                {
                    if (fault(at) is { } found)
                    {
                        faults.Add(found);
                    }
                }
            }
        }
    }

    /// <summary>So many of a sequence of unknown length, each with the same chance (Vitter's algorithm R).</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "A sample.")]
    private static List<string> SampleOf(IEnumerable<string> all, int most, Random random)
    {
        var (sample, seen) = (new List<string>(), 0);
        foreach (var value in all)
        {
            seen++;
            if (sample.Count < most)
            {
                sample.Add(value);
            }
            else if (random.Next(seen) is var place && place < most)
            {
                sample[place] = value;
            }
        }

        return sample;
    }
}
