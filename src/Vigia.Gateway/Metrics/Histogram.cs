namespace Vigia.Gateway.Metrics;

/// <summary>
/// Counts values by size. Recording costs a search among the bounds and two additions, and allocates nothing. Safe on
/// any thread.
/// </summary>
/// <param name="bounds">
/// The upper bound of each bucket, ascending; greater values go into one more. The infinite bound is not listed.
/// </param>
internal sealed class Histogram(IReadOnlyList<double> bounds)
{
    // Sums are kept as whole numbers, since those can be added without a lock: in units of a nanosecond, for values in
    // seconds.
    private const double Unit = 1e9;

    private readonly double[] _bounds = [.. bounds];
    private readonly long[] _counts = new long[bounds.Count + 1];
    private long _sum;

    /// <summary>Counts a value.</summary>
    public void Record(double value)
    {
        var at = 0;
        while (at < _bounds.Length && value > _bounds[at])
        {
            at++;
        }

        Interlocked.Increment(ref _counts[at]);
        Interlocked.Add(ref _sum, (long)(value * Unit));
    }

    /// <summary>The counts so far. The buckets may be a value ahead of the sum, never of each other.</summary>
    public HistogramValue Read()
    {
        var cumulative = new long[_counts.Length];
        var total = 0L;
        for (var i = 0; i < cumulative.Length; i++)
        {
            cumulative[i] = total += Volatile.Read(ref _counts[i]);
        }

        return new(_bounds, cumulative, Volatile.Read(ref _sum) / Unit);
    }
}
