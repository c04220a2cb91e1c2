namespace Vigia.Catalog.Describing;

/// <summary>
/// What is around an object, as far as whoever describes it knows and may tell. What is null is not known, and nothing
/// is claimed of it.
/// </summary>
internal sealed record Surroundings
{
    public static Surroundings Unknown { get; } = new();

    /// <summary>What a Deployment or CronJob owns: its ReplicaSets or Jobs.</summary>
    public IReadOnlyList<Neighbour>? Owned { get; init; }

    /// <summary>The pods that a workload made, a service selects, a node runs, or that use a claim.</summary>
    public IReadOnlyList<Neighbour>? Pods { get; init; }

    /// <summary>What whoever describes it has to say beside, as how fresh it is; before the events.</summary>
    public IReadOnlyList<DescriptionItem> More { get; init; } = [];

    /// <summary>The events about it, the latest last.</summary>
    public IReadOnlyList<EventRecord>? Events { get; init; }

    /// <summary>Why there are no events to show, or not all; null where there is nothing to say.</summary>
    public string? EventsNote { get; init; }
}
