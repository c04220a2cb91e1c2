using System.Globalization;
using System.Text.Json.Serialization;

namespace Vigia.Controllers.EventRecording;

/// <summary>A <c>v1</c> Event, or a patch of one.</summary>
internal sealed class EventDocument
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public EventMetadata? Metadata { get; init; }

    public EventReference? InvolvedObject { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public EventSource? Source { get; init; }

    public string? FirstTimestamp { get; init; }

    public string? LastTimestamp { get; init; }

    public int? Count { get; init; }

    public string? Type { get; init; }

    public string? ReportingComponent { get; init; }

    public string? ReportingInstance { get; init; }

    public static EventDocument Of(RecordedEvent recorded) =>
        new()
        {
            ApiVersion = "v1",
            Kind = "Event",
            Metadata = new EventMetadata(recorded.Name, recorded.Namespace, recorded.Annotations),
            InvolvedObject = new EventReference(
                recorded.Subject.ApiVersion,
                recorded.Subject.Kind,
                None(recorded.Subject.Namespace),
                recorded.Subject.Name,
                None(recorded.Subject.Uid),
                None(recorded.Subject.ResourceVersion),
                None(recorded.Subject.FieldPath)
            ),
            Reason = recorded.Reason,
            Message = recorded.Message,
            Source = new EventSource(recorded.Component, None(recorded.Instance)),
            FirstTimestamp = Seconds(recorded.First),
            LastTimestamp = Seconds(recorded.Last),
            Count = recorded.Count,
            Type = recorded.Type == EventType.Warning ? "Warning" : "Normal",
            ReportingComponent = recorded.Component,
            ReportingInstance = None(recorded.Instance),
        };

    public static EventDocument PatchOf(RecordedEvent recorded) =>
        new()
        {
            Count = recorded.Count,
            LastTimestamp = Seconds(recorded.Last),
            Message = recorded.Message,
        };

    private static string? None(string text) => text.Length == 0 ? null : text;

    /// <summary><c>metav1.Time</c>: RFC 3339 in UTC, whole seconds.</summary>
    private static string Seconds(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

internal sealed record EventMetadata(string Name, string Namespace, IReadOnlyDictionary<string, string>? Annotations);

internal sealed record EventReference(
    string ApiVersion,
    string Kind,
    string? Namespace,
    string Name,
    string? Uid,
    string? ResourceVersion,
    string? FieldPath
);

internal sealed record EventSource(string Component, string? Host);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(EventDocument))]
internal sealed partial class EventJson : JsonSerializerContext;
