using System.Globalization;
using System.Text;

namespace Vigia.Gateway.Metrics;

/// <summary>A metric's series at the moment of a scrape.</summary>
/// <remarks>
/// Created, filled and written by one thread. A series that is added twice is kept once, with the last value:
/// Prometheus refuses a scrape with duplicates.
/// </remarks>
internal sealed class MetricFamily(string name, MetricType type, string help)
{
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly StringBuilder _labels = new();

    /// <summary>The name, without labels.</summary>
    public string Name => name;

    /// <summary>How it moves.</summary>
    public MetricType Type => type;

    /// <summary>Its description.</summary>
    public string Help => help;

    /// <summary>The series so far, in the order of their labels.</summary>
    public IEnumerable<Series> All => _series.Values;

    /// <summary>Adds a series. Its labels are always the same for a metric, in the same order.</summary>
    public void Set(double value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _series[Render(labels)] = new(labels.ToArray(), value, null);

    /// <summary>Adds a series of a histogram.</summary>
    public void Set(HistogramValue value, params ReadOnlySpan<(string Name, string Value)> labels) =>
        _series[Render(labels)] = new(labels.ToArray(), value.Count, value);

    /// <summary>Writes the family in the text format 0.0.4, sorted; nothing without a series.</summary>
    public void WriteTo(StringBuilder text)
    {
        if (_series.Count == 0)
        {
            return;
        }

        WriteHead(text, name, type, help);
        foreach (var (labels, series) in _series)
        {
            if (series.Histogram is { } histogram)
            {
                Write(text, labels, histogram);
            }
            else
            {
                Write(text, "", labels, series.Value);
            }
        }
    }

    /// <summary>Writes the lines that come before a metric's series.</summary>
    public static void WriteHead(StringBuilder text, string name, MetricType type, string help) =>
        text.Append("# HELP ")
            .Append(name)
            .Append(' ')
            .Append(help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal))
            .Append('\n')
            .Append("# TYPE ")
            .Append(name)
            .Append(' ')
            .Append(Word(type))
            .Append('\n');

    /// <summary>The type as the format writes it.</summary>
    public static string Word(MetricType type) =>
        type switch
        {
            MetricType.Counter => "counter",
            MetricType.Histogram => "histogram",
            _ => "gauge",
        };

    /// <summary>A label's value as the format writes it.</summary>
    public static string Escape(string value) =>
        value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
            ? value
            : value
                .Replace("\\", @"\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", @"\n", StringComparison.Ordinal);

    private void Write(StringBuilder text, string labels, HistogramValue histogram)
    {
        for (var i = 0; i < histogram.Cumulative.Count; i++)
        {
            var bound = $"le=\"{(i < histogram.Bounds.Count ? Number(histogram.Bounds[i]) : "+Inf")}\"";
            Write(text, "_bucket", labels.Length == 0 ? $"{{{bound}}}" : $"{labels[..^1]},{bound}}}", histogram.Cumulative[i]);
        }

        Write(text, "_sum", labels, histogram.Sum);
        Write(text, "_count", labels, histogram.Count);
    }

    private void Write(StringBuilder text, string suffix, string labels, double value) =>
        text.Append(name).Append(suffix).Append(labels).Append(' ').Append(Number(value)).Append('\n');

    private string Render(ReadOnlySpan<(string Name, string Value)> labels)
    {
        _labels.Clear();
        foreach (var (label, text) in labels)
        {
            _labels.Append(_labels.Length == 0 ? '{' : ',').Append(label).Append("=\"").Append(Escape(text)).Append('"');
        }

        return _labels.Length == 0 ? "" : _labels.Append('}').ToString();
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    /// <summary>One series.</summary>
    /// <param name="Labels">Its labels.</param>
    /// <param name="Value">Its value; of a histogram the number of values.</param>
    /// <param name="Histogram">Of a histogram all of it.</param>
    public sealed record Series((string Name, string Value)[] Labels, double Value, HistogramValue? Histogram);
}
