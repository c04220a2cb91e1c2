using System.Text;
using Vigia.Catalog;
using Vigia.Catalog.Differences;
using Vigia.Catalog.Rows;
using Vigia.Informers;

namespace Vigia.Commands;

/// <summary>A change as a line of text: object, time, manager, and changed paths.</summary>
internal static class DiffText
{
    public static string Of(Delta delta, ResourceEntry entry, DateTimeOffset now, bool colour)
    {
        var (sign, code) = delta.Kind switch
        {
            DeltaKind.Added => ("+", "32"),
            DeltaKind.Updated => ("~", "33"),
            _ => ("-", "31"),
        };
        var text = new StringBuilder();
        text.Append(now.ToLocalTime().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture))
            .Append(' ')
            .Append(sign)
            .Append(' ')
            .Append(entry.Name)
            .Append(' ')
            .Append(delta.Object.Key);
        if (delta.Object.LastChange is { } by)
        {
            text.Append(" by ").Append(by.Manager);
        }

        if (delta is { Kind: DeltaKind.Updated, Old: { } old, New: { } next })
        {
            text.Append(':');
            ObjectDiff.Between(
                old,
                next,
                (path, from, to) => text.Append(' ').Append(path).Append(' ').Append(Side(from)).Append(" → ").Append(Side(to)).Append(';')
            );
        }

        var clean = TextWidth.CleanLine(text.ToString());
        return colour ? $"\u001b[{code}m{clean}\u001b[0m" : clean;
    }

    private static string Side(ReadOnlySpan<byte> json) => json.IsEmpty ? "nothing" : Encoding.UTF8.GetString(json);
}
