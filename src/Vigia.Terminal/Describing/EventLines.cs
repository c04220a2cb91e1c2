using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Informers.Storing;
using Vigia.Kubernetes.Objects;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>The events about an object, from memory.</summary>
internal static class EventLines
{
    private const string ByObject = "involved";

    public static void Write(DescriptionWriter writer, ObjectDocumentContext context)
    {
        var feed = context.Link.Find("events");
        var store = feed?.Informer?.Store;
        var status = feed?.Status();
        if (store is null || status is not { Word: Loading.LoadWord.Live or Loading.LoadWord.Stale })
        {
            writer.Pair(0, "Events", status?.Reason is { } reason ? $"<{reason}>" : "<not loaded yet>", Description.Column, TextRole.Muted);
            return;
        }

        var rows = About(store, context.Object.Uid).Select(e => Row(e, context)).OrderBy(row => row.Last).Select(row => row.Cells).ToArray();
        if (rows.Length == 0)
        {
            writer.Pair(0, "Events", null, Description.Column);
            return;
        }

        writer.Head(0, "Events");
        writer.Table(2, ["TYPE", "REASON", "AGE", "FROM", "MESSAGE"], rows, row => row[0] == "Normal" ? TextRole.Plain : TextRole.Warning);
    }

    /// <summary>The events about a uid; the first call makes the index.</summary>
    public static IReadOnlyList<RawObject> About(Store store, string uid)
    {
        lock (store)
        {
            try
            {
                return store.ByIndex(ByObject, uid);
            }
            catch (ArgumentException)
            {
                // The first one to ask.
                store.AddIndexer(ByObject, UidOf);
                return store.ByIndex(ByObject, uid);
            }
        }
    }

    /// <summary>The uid of the object an event is about; nothing where there is none.</summary>
    private static IEnumerable<string> UidOf(RawObject e)
    {
        using var json = ObjectJson.Parse(e);
        return (json.RootElement.Text("involvedObject", "uid") ?? json.RootElement.Text("regarding", "uid")) is { } uid ? [uid] : [];
    }

    private static (DateTimeOffset Last, string[] Cells) Row(RawObject e, ObjectDocumentContext context)
    {
        using var document = ObjectJson.Parse(e);
        var json = document.RootElement;
        var last = json.At("series", "lastObservedTime").Time() ?? json.At("lastTimestamp").Time() ?? json.At("deprecatedLastTimestamp").Time() ?? json.At("eventTime").Time() ?? e.CreationTimestamp ?? default;
        var first = json.At("firstTimestamp").Time() ?? json.At("deprecatedFirstTimestamp").Time() ?? json.At("eventTime").Time() ?? last;
        var count = json.Text("series", "count") ?? json.Text("count") ?? json.Text("deprecatedCount") ?? "1";
        var age = HumanDuration.Age(last, context.Now);
        var from = json.Text("source", "component") ?? json.Text("reportingComponent") ?? json.Text("reportingController") ?? "";
        return (last, [json.Text("type") ?? "", json.Text("reason") ?? "", count == "1" ? age : $"{age} (x{count} over {HumanDuration.Age(first, context.Now)})", from, (json.Text("message") ?? json.Text("note") ?? "").Trim().ReplaceLineEndings(" ")]);
    }
}
