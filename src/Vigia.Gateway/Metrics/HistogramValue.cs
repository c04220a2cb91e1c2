namespace Vigia.Gateway.Metrics;

/// <summary>A histogram at one moment.</summary>
/// <param name="Bounds">The greatest value of each bucket but the last, which has none.</param>
/// <param name="Cumulative">How many values there were up to each bound; the last of them is their number.</param>
/// <param name="Sum">The sum of the values.</param>
internal sealed record HistogramValue(IReadOnlyList<double> Bounds, IReadOnlyList<long> Cumulative, double Sum)
{
    /// <summary>How many values there were.</summary>
    public long Count => Cumulative[^1];
}
