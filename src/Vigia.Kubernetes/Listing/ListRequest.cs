namespace Vigia.Kubernetes;

/// <summary>The parameters of a list (apimachinery <c>metav1.ListOptions</c>).</summary>
/// <param name="ResourceVersion">
/// <see cref="ResourceVersion.None"/>: a consistent read; <see cref="ResourceVersion.Any"/>: the contents of the
/// server's cache; else not older than this.
/// </param>
/// <param name="Match"><c>resourceVersionMatch</c>: <c>NotOlderThan</c> or <c>Exact</c>; null omits it.</param>
/// <param name="Limit">Items a page; 0 for all in one answer.</param>
/// <param name="Continue">
/// The token of the page before; then neither version nor match is sent (the server refuses them together).
/// </param>
public sealed record ListRequest(ResourceVersion ResourceVersion = default, string? Match = null, int Limit = 0, string? Continue = null);
