using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Describing;

/// <summary>The input of a description.</summary>
/// <param name="Entry">The resource.</param>
/// <param name="Object">The object.</param>
/// <param name="Json">Its bytes as a document.</param>
/// <param name="Around">The known objects around it.</param>
/// <param name="Now">The moment ages count from.</param>
/// <param name="Zone">The time zone of printed times.</param>
internal sealed record DescriptionContext(
    ResourceEntry Entry,
    RawObject Object,
    JsonElement Json,
    Surroundings Around,
    DateTimeOffset Now,
    TimeZoneInfo Zone
)
{
    /// <summary>A time as kubectl writes it, and how long ago it is.</summary>
    public string Moment(DateTimeOffset? time)
    {
        if (time is not { } at)
        {
            return "<unknown>";
        }

        var local = TimeZoneInfo.ConvertTime(at, Zone);
        var offset = local.Offset < TimeSpan.Zero ? "-" : "+";
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{local:ddd, dd MMM yyyy HH:mm:ss} {offset}{local.Offset:hhmm} "
                + $"({(at > Now ? "in " + HumanDuration.Format(at - Now) : HumanDuration.Format(Now - at) + " ago")})"
        );
    }

    /// <summary>A cell of the object's row, by the column's key; null if there is no such column.</summary>
    public string? RowText(string key)
    {
        var row = Entry.RowOf(Object);
        foreach (var (index, column) in row.Entry.Columns.Index())
        {
            if (column.Key == key)
            {
                return row.Text(index, Now);
            }
        }

        return null;
    }
}
