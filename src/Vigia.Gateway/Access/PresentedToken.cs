namespace Vigia.Gateway.Access;

/// <summary>A token as it came with a request.</summary>
/// <param name="Token">The text.</param>
/// <param name="Clusters">
/// The clusters that the request names; null if it names none. The token is sent to no other cluster.
/// </param>
/// <param name="Address">The address that it came from.</param>
internal readonly record struct PresentedToken(string Token, IReadOnlyList<string>? Clusters = null, string Address = "");
