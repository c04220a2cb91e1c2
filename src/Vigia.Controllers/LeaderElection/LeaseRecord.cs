namespace Vigia.Controllers;

/// <summary>
/// The holder of a lease and its times: the fields of a Lease's spec that election uses. Two records are equal if every
/// field is.
/// </summary>
/// <remarks>
/// Times have microseconds, as <c>metav1.MicroTime</c>; they are for people to read and are never compared with a clock
/// (client-go: clocks of other machines prove nothing).
/// </remarks>
public sealed record LeaseRecord
{
    /// <summary>The holder; empty after a release.</summary>
    public string HolderIdentity { get; init; } = "";

    /// <summary>How long other candidates wait after an observed change, in seconds.</summary>
    public int LeaseDurationSeconds { get; init; }

    /// <summary>When the holder acquired it; null if unset.</summary>
    public DateTimeOffset? AcquireTime { get; init; }

    /// <summary>When the holder last renewed it; null if unset.</summary>
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the lease went from one holder to another.</summary>
    public int LeaderTransitions { get; init; }

    /// <summary>A lease without a holder.</summary>
    public bool IsFree => HolderIdentity.Length == 0;
}
