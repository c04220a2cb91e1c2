using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Vigia.Informers;

/// <summary>
/// The figures of all informers of the process that run (<see cref="InformerMeasurement.All"/>) as instruments, tagged
/// <c>cluster</c> and <c>resource</c>.
/// </summary>
/// <remarks>
/// For programs that use the library: <c>AddMeter(InformerMetrics.MeterName)</c>. The values are read on demand;
/// nothing is measured in between. An informer is left out from the moment it is stopped. A gateway reports them
/// itself, restricted to the caller's rights.
/// </remarks>
public static class InformerMetrics
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "Vigia.Informers";

    private static readonly Meter Meter = new(MeterName);
    private static readonly ConcurrentDictionary<SharedInformer, KeyValuePair<string, object?>[]> Informers = new();

    static InformerMetrics()
    {
        foreach (var figure in InformerMeasurement.All)
        {
            if (figure.IsCounter)
            {
                Meter.CreateObservableCounter(figure.Name, () => Observe(figure), null, figure.Help);
            }
            else
            {
                Meter.CreateObservableGauge(figure.Name, () => Observe(figure), null, figure.Help);
            }
        }
    }

    internal static void Register(SharedInformer informer) =>
        Informers.TryAdd(informer, [new("cluster", informer.Cluster), new("resource", informer.Resource.GroupResource)]);

    internal static void Remove(SharedInformer informer) => Informers.TryRemove(informer, out _);

    private static IEnumerable<Measurement<double>> Observe(InformerMeasurement figure)
    {
        foreach (var (informer, tags) in Informers)
        {
            if (figure.Read(informer, informer.Status, informer.Time.GetUtcNow()) is var value && !double.IsNaN(value))
            {
                yield return new Measurement<double>(value, tags);
            }
        }
    }
}
