namespace Vigia.Kubernetes.Objects;

/// <summary>
/// How far a JSON value that has not arrived entirely was scanned (<see cref="JsonScan"/>). Starts as default.
/// </summary>
internal struct ScanProgress
{
    /// <summary>Everything before this index, counted from the value's first byte, was looked at.</summary>
    public int At { get; set; }

    /// <summary>How many brackets are open there.</summary>
    public int Depth { get; set; }

    /// <summary>All bits set if that is within a string, else 0.</summary>
    public ulong InString { get; set; }

    /// <summary>1 if the byte there is escaped.</summary>
    public ulong EscapeCarry { get; set; }
}
