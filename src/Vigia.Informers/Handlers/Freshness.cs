namespace Vigia.Informers;

/// <summary>
/// Whether what is held is live, or stale since when and why. Goes out with every list, row, stream and metric.
/// </summary>
/// <param name="IsLive">True while a watch stands.</param>
/// <param name="Since">Live or stale since then.</param>
/// <param name="Reason">Why it is stale, naming host, resource or right; null while it is live.</param>
/// <param name="NextTry">When the next attempt is made; null where one is under way.</param>
public sealed record Freshness(bool IsLive, DateTimeOffset Since, string? Reason, DateTimeOffset? NextTry);
