namespace Vigia.Kubernetes.Objects;

/// <summary>
/// How far a JSON value was looked at that has not come whole yet (<see cref="JsonScan"/>). Begins as default.
/// </summary>
internal struct ScanProgress
{
    /// <summary>Everything before this index, counted from the value's first byte, was looked at.</summary>
    public int At { get; set; }

    /// <summary>How many brackets are open there.</summary>
    public int Depth { get; set; }

    /// <summary>All bits set where that is within a string, else 0.</summary>
    public ulong InString { get; set; }

    /// <summary>1 where the byte there is escaped.</summary>
    public ulong EscapeCarry { get; set; }
}
