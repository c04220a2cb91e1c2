namespace Vigia.Faults;

/// <summary>How much of everything.</summary>
internal sealed record FaultOptions
{
    /// <summary>SSE clients, half of them at each replica. Default 50.</summary>
    public int Clients { get; init; } = 50;

    /// <summary>Writes a second. Default 50.</summary>
    public int Rate { get; init; } = 50;

    /// <summary>How long the fault lasts, and how long there is quiet before it. Default 10 s and 3 s.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// True for short intervals (pings, backoff, rights), so that a run takes seconds; false (default) for the gateway
    /// as it comes.
    /// </summary>
    public bool Quick { get; init; }

    /// <summary>
    /// Where the events of clients that were told wrongly, the truth and the gateways' logs are written; null for
    /// nowhere.
    /// </summary>
    public string? Trace { get; init; }

    /// <summary>Chooses the writes. Default 1.</summary>
    public int Seed { get; init; } = 1;
}
