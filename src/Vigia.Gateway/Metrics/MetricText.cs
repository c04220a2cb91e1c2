using System.Text;

namespace Vigia.Gateway.Metrics;

/// <summary>The families of one scrape; each is written once, in the order of their names.</summary>
internal sealed class MetricText
{
    /// <summary>The media type of what <see cref="ToString"/> gives.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    /// <summary>A metric that goes up and down.</summary>
    public MetricFamily Gauge(string name, string help) => Add(new MetricFamily(name, MetricType.Gauge, help));

    /// <summary>A metric that only goes up.</summary>
    public MetricFamily Counter(string name, string help) => Add(new MetricFamily(name, MetricType.Counter, help));

    /// <summary>A metric that counts values by size.</summary>
    public MetricFamily Histogram(string name, string help) => Add(new MetricFamily(name, MetricType.Histogram, help));

    /// <summary>The families so far, those without a series too, in the order of their names.</summary>
    public IEnumerable<MetricFamily> Families => _families.Values;

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder(16 * 1024);
        foreach (var family in _families.Values)
        {
            family.WriteTo(text);
        }

        return text.ToString();
    }

    private MetricFamily Add(MetricFamily family)
    {
        _families.Add(family.Name, family);
        return family;
    }
}
