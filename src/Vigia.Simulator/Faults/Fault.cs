using System.Text.Json.Serialization;

namespace Vigia.Simulator.Faults;

/// <summary>What a fault does to the requests it strikes.</summary>
public enum FaultKind
{
    /// <summary>Answers an error: <see cref="Fault.Code"/>, by default 500; 429 and 503 carry Retry-After.</summary>
    Error,

    /// <summary>Waits <see cref="Fault.Latency"/> (up to <see cref="Fault.LatencyMax"/>) before the request is served.</summary>
    Latency,

    /// <summary>Cuts the connection instead of answering.</summary>
    Cut,

    /// <summary>Leaves the request, or the open stream, without a byte until the fault is removed.</summary>
    Hang,
}

/// <summary>A fault that stays in force until it is removed or used up.</summary>
public sealed record Fault
{
    /// <summary>What it does.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
    public FaultKind Kind { get; init; }

    /// <summary>Given by the server: the handle for removing it.</summary>
    public int Id { get; init; }

    /// <summary>The HTTP status of an error. Default 500.</summary>
    public int Code { get; init; } = 500;

    /// <summary>Seconds told in Retry-After; null for none (429: 1).</summary>
    public int? RetryAfter { get; init; }

    /// <summary>How many requests it strikes before it is gone; null for no end.</summary>
    public int? Count { get; init; }

    /// <summary>The share of the matching requests that it strikes, drawn by the seed. 0–1, default 1.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>Only this verb (<c>list</c>, <c>watch</c>, <c>get</c>, <c>create</c>, …); null for all.</summary>
    public string? Verb { get; init; }

    /// <summary>Only this resource, in the plural; null for all requests under /api and /apis, discovery included.</summary>
    public string? Resource { get; init; }

    /// <summary>Only this namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Latency in milliseconds: the least.</summary>
    public double Latency { get; init; }

    /// <summary>Latency in milliseconds: the most; by default the same as the least.</summary>
    public double? LatencyMax { get; init; }

    internal bool Matches(string verb, string? resource, string? ns)
        => (Verb is null || Verb == verb) && (Resource is null || Resource == resource) && (Namespace is null || Namespace == ns);
}
