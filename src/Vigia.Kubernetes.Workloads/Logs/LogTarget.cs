namespace Vigia.Kubernetes.Workloads;

/// <summary>A container whose log is to be read.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container; null for the pod's default one.</param>
public sealed record LogTarget(ObjectKey Pod, string? Container = null);

/// <summary>A container is to be followed from now on, or no longer.</summary>
/// <param name="Target">The container.</param>
/// <param name="IsGone">True if it is no longer to be followed: lines written until then are still delivered.</param>
public readonly record struct LogTargetChange(LogTarget Target, bool IsGone = false);
