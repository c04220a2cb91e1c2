using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>A request to relist, because the cache was found to differ from the server.</summary>
/// <param name="IsOtherHistory">
/// True if the cache is of a history that the server no longer has: it was restored.
/// </param>
/// <param name="Since">The last revision at which the cache is known to have been right.</param>
/// <param name="Reason">In words, for the freshness.</param>
internal sealed record ResyncRequest(bool IsOtherHistory, ResourceVersion Since, string Reason);
