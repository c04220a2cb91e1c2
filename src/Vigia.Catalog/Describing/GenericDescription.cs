using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Catalog.Paths;

namespace Vigia.Catalog.Describing;

/// <summary>An object of an unknown kind: its fields with readable names, in kubectl's form.</summary>
internal static class GenericDescription
{
    private const int MostItems = 2000;

    // Words that are written in capitals (kubectl's list).
    private static readonly HashSet<string> Capitals = new(StringComparer.OrdinalIgnoreCase)
    {
        "api",
        "url",
        "uid",
        "osb",
        "guid",
        "ip",
        "id",
    };

    /// <summary>Everything except the metadata, which the head contains.</summary>
    public static void Write(DescriptionWriter writer, JsonElement json)
    {
        foreach (
            var member in json.Members()
                .Where(member => member.Name is not ("metadata" or "kind" or "apiVersion"))
                .OrderBy(member => member.Name, StringComparer.Ordinal)
        )
        {
            Member(writer, member.Name, member.Value, 0);
        }
    }

    /// <summary>The values of a ConfigMap; of binary ones only how long they are.</summary>
    public static void WriteValues(DescriptionWriter writer, JsonElement json)
    {
        writer.Head(0, "Data");
        foreach (var member in json.At("data").Members())
        {
            writer.Head(1, member.Name);
            foreach (var line in (member.Value.GetString() ?? "").Split('\n'))
            {
                writer.Line(2, line.TrimEnd('\r'), Tone.Text);
            }
        }

        if (json.At("binaryData").Members().Any())
        {
            writer.Head(0, "BinaryData");
            foreach (var member in json.At("binaryData").Members())
            {
                writer.Pair(
                    1,
                    member.Name,
                    string.Create(CultureInfo.InvariantCulture, $"{(member.Value.GetString() ?? "").Length * 3 / 4} bytes"),
                    Description.Column - 2
                );
            }
        }
    }

    /// <summary>
    /// <c>lastTransitionTime</c> becomes <c>Last Transition Time</c>; a name with characters other than letters and
    /// digits stays unchanged.
    /// </summary>
    public static string Label(string name)
    {
        if (name.Any(letter => !char.IsAsciiLetterOrDigit(letter)))
        {
            return name;
        }

        var words = new List<StringBuilder>();
        for (var i = 0; i < name.Length; i++)
        {
            var isStart =
                i == 0 || char.IsUpper(name[i]) && (char.IsLower(name[i - 1]) || i + 1 < name.Length && char.IsLower(name[i + 1]));
            (isStart ? words.AddNew() : words[^1]).Append(words[^1].Length == 0 ? char.ToUpperInvariant(name[i]) : name[i]);
        }

        return string.Join(
            ' ',
            words.Select(word => Capitals.Contains(word.ToString()) ? word.ToString().ToUpperInvariant() : word.ToString())
        );
    }

    private static StringBuilder AddNew(this List<StringBuilder> words)
    {
        words.Add(new());
        return words[^1];
    }

    private static void Member(DescriptionWriter writer, string name, JsonElement value, int depth)
    {
        if (writer.Items.Count >= MostItems)
        {
            return;
        }

        var label = Label(name);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.Members().Any():
                writer.Head(depth, label);
                foreach (var member in value.Members().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    Member(writer, member.Name, member.Value, depth + 1);
                }

                break;
            case JsonValueKind.Array when value.Items().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array):
                foreach (var item in value.Items())
                {
                    Member(writer, name, item, depth);
                }

                break;
            case JsonValueKind.Array:
                writer.List(
                    depth,
                    label,
                    value.Items().Select(item => Description.Cut(item.Text() ?? "<nil>")),
                    Description.Column - (depth * 2)
                );
                break;
            default:
                writer.Pair(depth, label, value.Text() is { } text ? Description.Cut(text) : null, Description.Column - (depth * 2));
                break;
        }
    }
}
