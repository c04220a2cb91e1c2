namespace Vigia.Gateway.Metrics;

/// <summary>How a metric moves.</summary>
internal enum MetricType
{
    /// <summary>Up and down.</summary>
    Gauge,

    /// <summary>Only up, until the process starts anew.</summary>
    Counter,
}
