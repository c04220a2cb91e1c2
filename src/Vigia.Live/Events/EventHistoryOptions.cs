namespace Vigia.Live.Events;

/// <summary>
/// How long Kubernetes events are kept with their objects, and how many: an API server forgets them after an hour.
/// </summary>
public sealed record EventHistoryOptions
{
    /// <summary>Events kept per object; the oldest is dropped. Repeated events count as one. Default 25.</summary>
    public int PerObject { get; init; } = 25;

    /// <summary>Events kept in total; the one last seen longest ago is dropped. Default 20,000: some 15 MB.</summary>
    public int Most { get; init; } = 20_000;

    /// <summary>For how long one is kept after it was last seen. Default 24 h.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromHours(24);

    /// <summary>For how long those of an object are kept after it is gone. Default 10 min.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(10);
}
