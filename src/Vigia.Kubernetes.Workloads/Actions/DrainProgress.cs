namespace Vigia.Kubernetes.Workloads;

/// <summary>How far a drain is.</summary>
/// <param name="Pods">How many are to go.</param>
/// <param name="Gone">How many have gone.</param>
/// <param name="Left">The names of the remaining pods.</param>
/// <param name="Waiting">Those of them whose disruption budget has nothing left.</param>
public sealed record DrainProgress(int Pods, int Gone, IReadOnlyList<ObjectKey> Left, IReadOnlyList<ObjectKey> Waiting);
