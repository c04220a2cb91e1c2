using System.Globalization;
using System.Text;

namespace Vigia.Gateway.Metrics;

/// <summary>A metric's series at the moment of a scrape.</summary>
/// <remarks>Made, filled and written by one thread. A series that is told twice is kept once, with the last value: Prometheus refuses a scrape with duplicates.</remarks>
internal sealed class MetricFamily(string name, MetricType type, string help)
{
    private readonly SortedDictionary<string, double> _series = new(StringComparer.Ordinal);
    private readonly StringBuilder _labels = new();

    /// <summary>The name, as it stands before the labels.</summary>
    public string Name => name;

    /// <summary>Tells a series; labels are those that the metric always has, in the same order.</summary>
    public void Set(double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _labels.Clear();
        foreach (var (label, text) in labels)
        {
            _labels.Append(_labels.Length == 0 ? '{' : ',').Append(label).Append("=\"");
            foreach (var c in text)
            {
                _ = c switch
                {
                    '\\' => _labels.Append(@"\\"),
                    '"' => _labels.Append("\\\""),
                    '\n' => _labels.Append(@"\n"),
                    _ => _labels.Append(c),
                };
            }

            _labels.Append('"');
        }

        _series[_labels.Length == 0 ? "" : _labels.Append('}').ToString()] = value;
    }

    /// <summary>Writes the family in the text format 0.0.4, sorted; nothing where there is no series.</summary>
    public void WriteTo(StringBuilder text)
    {
        if (_series.Count == 0)
        {
            return;
        }

        text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)).Append('\n');
        text.Append("# TYPE ").Append(name).Append(type == MetricType.Counter ? " counter\n" : " gauge\n");
        foreach (var (labels, value) in _series)
        {
            text.Append(name).Append(labels).Append(' ').Append(Number(value)).Append('\n');
        }
    }

    private static string Number(double value)
        => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
