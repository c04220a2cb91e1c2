using System.Text.Json;
using Vigia.Live.Events;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>Counts the Kubernetes events that are kept with their objects.</summary>
internal static class EventBreakdown
{
    private const int MostReasons = 50;

    /// <summary>Writes a member <c>keptEvents</c>.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyCollection<KeptEvent> events)
    {
        json.WriteStartObject("keptEvents"u8);
        json.WriteNumber("total"u8, events.Count);
        json.WriteNumber("objects"u8, events.Select(e => (e.Cluster, e.About.Key)).Distinct().Count());
        json.WriteNumber("seen"u8, events.Sum(e => e.Record.Count));
        Write(json, "byType", events.GroupBy(e => e.Record.Type));
        Write(json, "byReason", events.GroupBy(e => e.Record.Reason));
        Write(json, "byKind", events.GroupBy(e => e.About.Kind));
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<IGrouping<string, KeptEvent>> groups)
    {
        json.WriteStartObject(name);
        foreach (
            var group in groups
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Take(MostReasons)
        )
        {
            json.WriteNumber(group.Key, group.Count());
        }

        json.WriteEndObject();
    }
}
