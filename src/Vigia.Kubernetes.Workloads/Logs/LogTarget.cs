namespace Vigia.Kubernetes.Workloads;

/// <summary>A container whose log is wanted.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container; null for the pod's default one.</param>
public sealed record LogTarget(ObjectKey Pod, string? Container = null);

/// <summary>A container is to be followed from now on, or no longer.</summary>
/// <param name="Target">The container.</param>
/// <param name="IsGone">True where it is to be followed no longer: what it wrote until then still comes.</param>
public readonly record struct LogTargetChange(LogTarget Target, bool IsGone = false);
