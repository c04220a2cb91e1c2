namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>What <c>/metrics</c> tells beside how the gateway is doing.</summary>
public sealed record MetricsOptions
{
    /// <summary>
    /// True to tell the state of objects too, under kube-state-metrics' names: about 5 KB a pod and scrape. Default
    /// false.
    /// </summary>
    public bool Objects { get; init; }
}
