namespace Vigia.Catalog.Describing;

/// <summary>
/// The objects around a described object, as far as they are known and visible to the caller. Null means unknown.
/// </summary>
internal sealed record Surroundings
{
    public static Surroundings Unknown { get; } = new();

    /// <summary>Objects owned by a Deployment or CronJob: its ReplicaSets or Jobs.</summary>
    public IReadOnlyList<Neighbour>? Owned { get; init; }

    /// <summary>The pods that a workload made, a service selects, a node runs, or that use a claim.</summary>
    public IReadOnlyList<Neighbour>? Pods { get; init; }

    /// <summary>An additional remark, for example on freshness; printed before the events.</summary>
    public IReadOnlyList<DescriptionItem> More { get; init; } = [];

    /// <summary>The events about it, the latest last.</summary>
    public IReadOnlyList<EventRecord>? Events { get; init; }

    /// <summary>Why there are no events, or not all of them; null if there is nothing to explain.</summary>
    public string? EventsNote { get; init; }
}
