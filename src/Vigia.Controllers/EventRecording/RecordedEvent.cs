namespace Vigia.Controllers;

/// <summary>An event to write, after counting and aggregating.</summary>
public sealed record RecordedEvent
{
    /// <summary>The Event's own name.</summary>
    public required string Name { get; init; }

    /// <summary>The Event's namespace: its subject's, or <c>default</c>.</summary>
    public required string Namespace { get; init; }

    /// <summary>The object concerned.</summary>
    public required EventSubject Subject { get; init; }

    /// <summary>Normal or Warning.</summary>
    public required EventType Type { get; init; }

    /// <summary>A short word for programs, as <c>ScaledUp</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Message { get; init; }

    /// <summary>How often it happened; 1 for the first time.</summary>
    public int Count { get; init; } = 1;

    /// <summary>When it happened first.</summary>
    public required DateTimeOffset First { get; init; }

    /// <summary>When it happened last.</summary>
    public required DateTimeOffset Last { get; init; }

    /// <summary>The reporting program.</summary>
    public required string Component { get; init; }

    /// <summary>Its instance; empty if there is only one.</summary>
    public string Instance { get; init; } = "";

    /// <summary>Annotations of the Event; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
