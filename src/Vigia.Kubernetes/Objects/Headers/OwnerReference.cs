namespace Vigia.Kubernetes;

/// <summary>An entry of <c>metadata.ownerReferences</c>.</summary>
/// <param name="ApiVersion">The owner's <c>apiVersion</c>.</param>
/// <param name="Kind">The owner's kind.</param>
/// <param name="Name">The owner's name (same namespace, or cluster-scoped).</param>
/// <param name="Uid">The owner's uid.</param>
/// <param name="IsController">True for the one that manages the object.</param>
public sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool IsController);
