using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Tests.Metrics;

public sealed class HistogramTests
{
    [Fact]
    public void A_value_counts_in_every_bucket_from_its_bound_up_and_beyond_all_bounds_in_the_last()
    {
        var histogram = new Histogram([0.1, 1]);
        foreach (var value in new[] { 0.1, 0.1000001, 1, 7 })
        {
            histogram.Record(value);
        }

        var text = new MetricText();
        text.Histogram("h_seconds", "Of h.").Set(histogram.Read(), ("a", "b"));
        Assert.Equal(
            """
            # HELP h_seconds Of h.
            # TYPE h_seconds histogram
            h_seconds_bucket{a="b",le="0.1"} 1
            h_seconds_bucket{a="b",le="1"} 3
            h_seconds_bucket{a="b",le="+Inf"} 4
            h_seconds_sum{a="b"} 8.2000001
            h_seconds_count{a="b"} 4

            """,
            text.ToString()
        );
    }

    [Fact]
    public void Many_threads_lose_no_value()
    {
        var histogram = new Histogram([0.5]);
        Parallel.For(0, 100_000, i => histogram.Record(i % 2));
        Assert.Equal([50_000, 100_000], histogram.Read().Cumulative);
        Assert.Equal(50_000, histogram.Read().Sum);
    }
}
