namespace Vigia.Informers;

/// <summary>
/// Whether the cache is live or stale; if stale, since when and why. It is part of every list, row, stream and metric.
/// </summary>
/// <param name="IsLive">True while a watch stands.</param>
/// <param name="Since">Live or stale since then.</param>
/// <param name="Reason">Why it is stale, naming host, resource or right; null while it is live.</param>
/// <param name="NextTry">The time of the next attempt; null if one is in progress.</param>
public sealed record Freshness(bool IsLive, DateTimeOffset Since, string? Reason, DateTimeOffset? NextTry);
