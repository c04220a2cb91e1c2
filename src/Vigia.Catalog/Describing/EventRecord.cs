using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Describing;

/// <summary>The contents of a Kubernetes event; the same for both of its APIs.</summary>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">Its reason, a word.</param>
/// <param name="Message">Its message, on one line.</param>
/// <param name="Source">The reporting component.</param>
/// <param name="Count">How often it was seen.</param>
/// <param name="First">When it was first seen.</param>
/// <param name="Last">When it was last seen.</param>
internal sealed record EventRecord(
    string Type,
    string Reason,
    string Message,
    string Source,
    long Count,
    DateTimeOffset First,
    DateTimeOffset Last
)
{
    public static EventRecord Of(RawObject e)
    {
        using var lease = e.Open();
        var json = new JsonView(lease.Span);
        var last = Projections.Events.LastSeen(json) ?? e.CreationTimestamp ?? default;
        return new(
            json["type"u8].Text ?? "",
            json["reason"u8].Text ?? "",
            (json["message"u8].Text ?? json["note"u8].Text ?? "").Trim().ReplaceLineEndings(" "),
            Named(json["source"u8]["component"u8])
                ?? Named(json["reportingComponent"u8])
                ?? Named(json["reportingController"u8])
                ?? Named(json["deprecatedSource"u8]["component"u8])
                ?? "",
            Projections.Events.Count(json),
            Projections.Events.FirstSeen(json) ?? last,
            last
        );
    }

    private static string? Named(JsonView text) => text.Text is { Length: > 0 } name ? name : null;
}
