namespace Vigia.Kubernetes.Workloads;

/// <summary>How far a drain is.</summary>
/// <param name="Pods">The number of pods to evict.</param>
/// <param name="Gone">The number of pods that are gone.</param>
/// <param name="Left">The names of the remaining pods.</param>
/// <param name="Waiting">Those of them whose disruption budget has nothing left.</param>
public sealed record DrainProgress(int Pods, int Gone, IReadOnlyList<ObjectKey> Left, IReadOnlyList<ObjectKey> Waiting);
