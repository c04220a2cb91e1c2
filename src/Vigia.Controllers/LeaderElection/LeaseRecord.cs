namespace Vigia.Controllers;

/// <summary>
/// Who holds a lease and since when: the part of a Lease's spec that election is about. Two records are equal where
/// every field is.
/// </summary>
/// <remarks>
/// Times have microseconds, as <c>metav1.MicroTime</c>; they are for people to read and are never compared with a clock
/// (client-go: clocks of other machines prove nothing).
/// </remarks>
public sealed record LeaseRecord
{
    /// <summary>The holder; empty after a release.</summary>
    public string HolderIdentity { get; init; } = "";

    /// <summary>For how long after a change was seen others must leave the lease alone, in seconds.</summary>
    public int LeaseDurationSeconds { get; init; }

    /// <summary>When the holder got it; null where nobody wrote it.</summary>
    public DateTimeOffset? AcquireTime { get; init; }

    /// <summary>When the holder renewed it last; null where nobody wrote it.</summary>
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the lease went from one holder to another.</summary>
    public int LeaderTransitions { get; init; }

    /// <summary>Nobody holds it.</summary>
    public bool IsFree => HolderIdentity.Length == 0;
}
