using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Projections;

/// <summary>Columns of events (kubernetes printers.go: printEvent).</summary>
internal static class Events
{
    public static DateTimeOffset? LastSeen(JsonView e) =>
        e["series"u8]["lastObservedTime"u8].Time ?? e["lastTimestamp"u8].Time ?? e["deprecatedLastTimestamp"u8].Time ?? FirstSeen(e);

    public static DateTimeOffset? FirstSeen(JsonView e) =>
        e["firstTimestamp"u8].Time ?? e["deprecatedFirstTimestamp"u8].Time ?? e["eventTime"u8].Time;

    public static long Count(JsonView e) =>
        e["series"u8]["count"u8].Number is > 0 and var series ? series
        : e["count"u8].Number is > 0 and var count ? count
        : e["deprecatedCount"u8].Number is > 0 and var old ? old
        : 1;

    public static string Object(JsonView e)
    {
        var about = e["involvedObject"u8].IsAbsent ? e["regarding"u8] : e["involvedObject"u8];
        var kind = (about["kind"u8].Text ?? "").ToLowerInvariant();
        return about["name"u8].Text is { Length: > 0 } name ? $"{kind}/{name}" : kind;
    }

    public static string Source(JsonView e)
    {
        var component = e["source"u8]["component"u8].Text ?? e["reportingComponent"u8].Text ?? "";
        var host = e["source"u8]["host"u8].Text ?? e["reportingInstance"u8].Text ?? "";
        return host.Length > 0 ? $"{component}, {host}" : component;
    }
}
