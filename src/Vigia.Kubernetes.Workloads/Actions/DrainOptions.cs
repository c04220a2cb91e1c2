namespace Vigia.Kubernetes.Workloads;

/// <summary>The options of a drain. The defaults are kubectl's with <c>--ignore-daemonsets</c>. Immutable.</summary>
public sealed record DrainOptions
{
    /// <summary>True to evict pods that no controller would recreate. Default false: they block the drain.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// True to evict pods with data in an emptyDir, which is lost. Default false: they block the drain.
    /// </summary>
    public bool DeleteEmptyDirData { get; init; }

    /// <summary>
    /// True (default) to leave the pods of DaemonSets, which would be recreated at once; false lets them block the
    /// drain.
    /// </summary>
    public bool IgnoreDaemonSets { get; init; } = true;

    /// <summary>The grace period of a pod in seconds; null (default) for the pod's own.</summary>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>The timeout of the whole drain; null (default) for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long to wait before a pod whose disruption budget has nothing left is tried again. Default 5 s, as kubectl.
    /// </summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often to look whether a pod is gone. Default 1 s, as kubectl.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);
}
