namespace Vigia.Kubernetes;

/// <summary>
/// The last change and its manager: the latest entry of <c>metadata.managedFields</c>, kept when the rest of them is
/// removed.
/// </summary>
/// <param name="Manager">The field manager, as <c>kubectl-client-side-apply</c>.</param>
/// <param name="Operation"><c>Apply</c> or <c>Update</c>.</param>
/// <param name="Time">When, to the second; null if the server did not say.</param>
/// <param name="Subresource">As <c>status</c>; null for the object itself.</param>
public sealed record LastChange(string Manager, string Operation, DateTimeOffset? Time, string? Subresource);
