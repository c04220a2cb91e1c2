namespace Vigia.Informers.Caching;

/// <summary>
/// Does a store agree with itself: lists, single objects and indexes, and what the index functions gave? For audits:
/// there must be no fault.
/// </summary>
/// <remarks>
/// Looks at a random sample of objects and index values, so that it costs the same for a store of any size. The writer
/// waits for a few microseconds at a time: the lock is held for <see cref="Chunk"/> objects at most.
/// The functions of indexes are not asked again: they are the user's, and may answer otherwise. What they gave when the
/// object was stored is what the index must hold.
/// </remarks>
internal static class StoreCheck
{
    /// <summary>Objects and index values that are looked at, at most.</summary>
    internal const int Sample = 1000;

    private const int Chunk = 32;

    /// <summary>What does not fit together, in words; empty where all does.</summary>
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
