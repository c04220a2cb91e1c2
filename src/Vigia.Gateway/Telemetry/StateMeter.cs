using System.Diagnostics.Metrics;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Telemetry;

/// <summary>
/// The values of a scrape as instruments of a meter, so that an exporter sends the same as <c>/metrics</c>: one
/// definition for both.
/// </summary>
/// <remarks>A collection reads every instrument once; the first read computes the families for all.</remarks>
internal sealed class StateMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Vigia.Gateway.State";

    private readonly Meter _meter = new(MeterName);
    private readonly Func<MetricText> _collect;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private Dictionary<string, MetricFamily> _families = [];

    /// <summary>
    /// Creates an instrument for each family of <paramref name="collect"/>; families without a series now may have some
    /// later.
    /// </summary>
    public StateMeter(Func<MetricText> collect)
    {
        _collect = collect;
        foreach (var family in collect().Families)
        {
            var name = family.Name;
            if (family.Type == MetricType.Counter)
            {
                _meter.CreateObservableCounter(name, () => Read(name), null, family.Help);
            }
            else
            {
                _meter.CreateObservableGauge(name, () => Read(name), null, family.Help);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private Measurement<double>[] Read(string name)
    {
        lock (_gate)
        {
            // An instrument that is read again belongs to the next collection.
            if (_families.Count == 0 || !_asked.Add(name))
            {
                _families = _collect().Families.ToDictionary(family => family.Name, StringComparer.Ordinal);
                _asked.Clear();
                _asked.Add(name);
            }

            return _families.TryGetValue(name, out var family)
                ?
                [
                    .. family.All.Select(series => new Measurement<double>(
                        series.Value,
                        series.Labels.Select(label => new KeyValuePair<string, object?>(label.Name, label.Value))
                    )),
                ]
                : [];
        }
    }
}
