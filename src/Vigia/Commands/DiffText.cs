using System.Buffers;
using System.Text;
using System.Text.Json;
using Vigia.Catalog;
using Vigia.Gateway.Streams;
using Vigia.Informers.Deltas;

namespace Vigia.Commands;

/// <summary>A change as a line for people: what, when, who, and what of it.</summary>
internal static class DiffText
{
    public static string Of(Delta delta, ResourceEntry entry, DateTimeOffset now, bool colour)
    {
        var (sign, code) = delta.Kind switch { DeltaKind.Added => ("+", "32"), DeltaKind.Updated => ("~", "33"), _ => ("-", "31") };
        var text = new StringBuilder();
        text.Append(now.ToLocalTime().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)).Append(' ').Append(sign).Append(' ').Append(entry.Name).Append(' ').Append(delta.Object.Key);
        if (delta.Object.LastChange is { } by)
        {
            text.Append(" by ").Append(by.Manager);
        }

        if (delta is { Kind: DeltaKind.Updated, Old: { } old, New: { } next })
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                JsonDiff.Write(json, old, next);
            }

            using var changes = JsonDocument.Parse(buffer.WrittenMemory);
            text.Append(':');
            foreach (var change in changes.RootElement.EnumerateArray())
            {
                text.Append(' ').Append(change.GetProperty("path").GetString()).Append(' ').Append(Side(change, "from")).Append(" → ").Append(Side(change, "to")).Append(';');
            }
        }

        return colour ? $"\u001b[{code}m{text}\u001b[0m" : text.ToString();
    }

    private static string Side(JsonElement change, string name) => change.TryGetProperty(name, out var value) ? value.GetRawText() : "nothing";
}
