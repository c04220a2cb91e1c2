namespace Vigia.Simulator;

/// <summary>A fault that stays in force until it is removed or used up.</summary>
public sealed record Fault
{
    /// <summary>Its effect.</summary>
    public FaultKind Kind { get; init; }

    /// <summary>Given by the server: the handle for removing it.</summary>
    public int Id { get; init; }

    /// <summary>Set by the server: how often it was applied.</summary>
    public long Struck { get; init; }

    /// <summary>The HTTP status of an error, or of the Status in an ERROR event. Default 500.</summary>
    public int Code { get; init; } = 500;

    /// <summary>Seconds in Retry-After; null for none (429: 1).</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The number of requests or events that pass before it takes effect. Default 0.</summary>
    public int After { get; init; }

    /// <summary>The number of requests or events that it affects; null for no limit.</summary>
    public int? Count { get; init; }

    /// <summary>
    /// The share of the matching requests or events that it strikes, drawn by the seed. 0–1, default 1.
    /// </summary>
    public double Rate { get; init; } = 1;

    /// <summary>
    /// True to draw once per connection and strike all or none of its requests: a bad server behind a load balancer.
    /// Not for events. Default false.
    /// </summary>
    public bool PerConnection { get; init; }

    /// <summary>Only this verb (<c>list</c>, <c>watch</c>, <c>get</c>, <c>create</c>, …); null for all.</summary>
    public string? Verb { get; init; }

    /// <summary>
    /// Only this resource, in the plural; null for all requests under /api and /apis, discovery included.
    /// </summary>
    public string? Resource { get; init; }

    /// <summary>Only requests of this namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Latency in milliseconds: the least.</summary>
    public double Latency { get; init; }

    /// <summary>Latency in milliseconds: the most; by default the same as the least.</summary>
    public double? LatencyMax { get; init; }

    /// <summary>How <see cref="FaultKind.Garble"/> spoils an event.</summary>
    public GarbleForm Garble { get; init; }

    /// <summary>The shape of a refusal by <see cref="FaultKind.TooLarge"/> or <see cref="FaultKind.Stale"/>.</summary>
    public TooLargeForm TooLarge { get; init; }

    /// <summary>
    /// <see cref="FaultKind.Stale"/>: how many revisions behind, no further than the history that is held; null if
    /// it is not this that counts.
    /// </summary>
    public long? Behind { get; init; }

    /// <summary>
    /// <see cref="FaultKind.Stale"/>: how many milliseconds behind, by the simulator's clock; null if it is not this
    /// that counts.
    /// </summary>
    public double? BehindTime { get; init; }

    /// <summary><see cref="FaultKind.Stale"/>: the fixed revision of the replica; null if unset.</summary>
    public long? AtRevision { get; init; }

    /// <summary>The error in it, in one sentence; null if it is valid.</summary>
    internal string? Check()
    {
        if (Rate is < 0 or > 1 || Code is < 400 or > 599 || Latency < 0 || LatencyMax < Latency || Count < 1 || After < 0)
        {
            return "a fault needs a rate of 0 to 1, a code of 400 to 599, a count of at least 1, an after that is not negative, and a "
                + "latency that is not negative and not above latencyMax";
        }

        var ways = (Behind is null ? 0 : 1) + (BehindTime is null ? 0 : 1) + (AtRevision is null ? 0 : 1);
        return ways != (Kind == FaultKind.Stale ? 1 : 0) || Behind < 0 || BehindTime < 0 || AtRevision < 1
            ? "a stale fault, and no other, needs one of behind (revisions, at least 0), behindTime (milliseconds, at least 0) or "
                + "atRevision (at least 1)"
            : null;
    }

    internal bool Matches(string verb, string? resource, string? ns) =>
        (Verb is null || Verb == verb) && (Resource is null || Resource == resource) && (Namespace is null || Namespace == ns);
}
