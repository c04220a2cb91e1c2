using System.Globalization;

namespace Vigia.Catalog.Describing;

/// <summary>The events about an object, as kubectl's table.</summary>
internal static class EventLines
{
    public static void Write(DescriptionWriter writer, DescriptionContext context)
    {
        if (context.Around.Events is not { } events)
        {
            writer.Pair(0, "Events", $"<{context.Around.EventsNote ?? "not known"}>", Description.Column, Tone.Muted);
            return;
        }

        if (events.Count == 0)
        {
            writer.Pair(0, "Events", context.Around.EventsNote is { } note ? $"<{note}>" : null, Description.Column);
            return;
        }

        writer.Head(0, "Events", context.Around.EventsNote);
        writer.Table(
            1,
            ["Type", "Reason", "Age", "From", "Message"],
            [.. events.Select(e => Row(e, context.Now))],
            row => row[0] == "Normal" ? Tone.Plain : Tone.Warning
        );
    }

    private static string[] Row(EventRecord e, DateTimeOffset now)
    {
        var age = HumanDuration.Age(e.Last, now);
        return
        [
            e.Type,
            e.Reason,
            e.Count == 1 ? age : string.Create(CultureInfo.InvariantCulture, $"{age} (x{e.Count} over {HumanDuration.Age(e.First, now)})"),
            e.Source,
            e.Message,
        ];
    }
}
