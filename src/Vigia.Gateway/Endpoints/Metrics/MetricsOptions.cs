namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>The contents of <c>/metrics</c> in addition to the gateway's own metrics.</summary>
public sealed record MetricsOptions
{
    /// <summary>
    /// True to include the state of objects, under kube-state-metrics' names: about 5 KB per pod and scrape. Default
    /// false.
    /// </summary>
    public bool Objects { get; init; }
}
