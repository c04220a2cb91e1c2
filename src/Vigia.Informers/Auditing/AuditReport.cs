using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>The result of an audit: a list of the server at a revision, compared with the cache. Immutable.</summary>
public sealed record AuditReport
{
    /// <summary>So many differences are named at most; all are counted.</summary>
    public const int MostNamed = 20;

    /// <summary>In a word.</summary>
    public required AuditOutcome Outcome { get; init; }

    /// <summary>
    /// Why nothing can be said, naming cluster and resource; null unless <see cref="Outcome"/> is
    /// <see cref="AuditOutcome.Incomplete"/>.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>The revision of the server's list; none if it could not be had.</summary>
    public ResourceVersion Revision { get; init; }

    /// <summary>Objects that the server listed.</summary>
    public int Objects { get; init; }

    /// <summary>Objects that the server has and the cache has not.</summary>
    public int Missing { get; init; }

    /// <summary>Objects that the cache has and the server has not.</summary>
    public int Extra { get; init; }

    /// <summary>Objects that both have, in different versions or with different content.</summary>
    public int Different { get; init; }

    /// <summary>
    /// Objects for which the cache is behind the server, and it is unknown whether the event is lost or late
    /// (<see cref="AuditOutcome.Behind"/>).
    /// </summary>
    public int Behind { get; init; }

    /// <summary>All differences, not counting <see cref="Behind"/>: there must be none.</summary>
    public int Total => Missing + Extra + Different;

    /// <summary>The first <see cref="MostNamed"/> differences, including objects that are behind.</summary>
    public IReadOnlyList<AuditDifference> Differences { get; init; } = [];

    /// <summary>
    /// Inconsistencies inside the store, in words, found in a sample of its objects and index values: an index without
    /// an object, a list with another version than the one found by key. There must be none; each is a bug of this
    /// library, is counted in <c>InformerCounters.StoreFaults</c> and logged, and lasts until the informer is created
    /// again.
    /// </summary>
    public IReadOnlyList<string> StoreFaults { get; init; } = [];

    /// <summary>When it began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>How long it took, up to the verdict; the repair is not counted.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How differences were repaired.</summary>
    public AuditRepair Repair { get; init; }

    /// <summary>True if the repair was complete when the report was made.</summary>
    public bool IsRepaired { get; init; }
}
