namespace Vigia.Gateway.Metrics;

/// <summary>How a metric moves.</summary>
internal enum MetricType
{
    /// <summary>Up and down.</summary>
    Gauge,

    /// <summary>Only increases, until the process restarts.</summary>
    Counter,

    /// <summary>How many values there were up to each bound, and their sum.</summary>
    Histogram,
}
