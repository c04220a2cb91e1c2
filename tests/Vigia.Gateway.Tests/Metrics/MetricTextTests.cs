using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Tests.Metrics;

public sealed class MetricTextTests
{
    [Fact]
    public void Families_and_series_are_sorted_labels_escaped_and_a_series_told_twice_stands_once()
    {
        var text = new MetricText();
        text.Gauge("b", "Of b.").Set(1.5);
        text.Counter("c_total", "Of c.");
        var a = text.Counter("a_total", "Back\\slash\nand line.");
        a.Set(1, ("name", "z"));
        a.Set(2, ("name", "q\"\\\n"), ("other", "ö"));
        a.Set(3, ("name", "z"));

        Assert.Equal(
            "# HELP a_total Back\\\\slash\\nand line.\n# TYPE a_total counter\na_total{name=\"q\\\"\\\\\\n\",other=\"ö\"} "
                + "2\na_total{name=\"z\"} 3\n# HELP b Of b.\n# TYPE b gauge\nb 1.5\n",
            text.ToString()
        );
    }
}
