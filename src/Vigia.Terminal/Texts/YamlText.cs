using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vigia.Terminal.Texts;

/// <summary>
/// An object as YAML, as <c>kubectl get -o yaml</c> writes it: members in alphabetical order, lists not indented; with
/// a role for every piece.
/// </summary>
internal static partial class YamlText
{
    /// <summary>The lines of a document.</summary>
    /// <param name="json">The object.</param>
    /// <param name="foldManagedFields">
    /// Whether <c>metadata.managedFields</c> is one line that says how many there are.
    /// </param>
    public static List<TextLine> Write(JsonElement json, bool foldManagedFields)
    {
        var lines = new List<TextLine>();
        Members(json, 0, "", lines, foldManagedFields, null);
        return lines;
    }

    /// <summary>The same as one text.</summary>
    public static string WriteText(JsonElement json) =>
        string.Join('\n', Write(json, foldManagedFields: false).Select(line => line.Plain)) + "\n";

    private static void Members(JsonElement json, int depth, string path, List<TextLine> lines, bool fold, string? first)
    {
        foreach (var member in json.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            var indent = first ?? new string(' ', depth * 2);
            first = null;
            var spans = new List<TextSpan> { new(indent), new(Scalar(member.Name), TextRole.Key), new(":") };
            if (fold && path == ".metadata" && member.Name == "managedFields" && member.Value.ValueKind == JsonValueKind.Array)
            {
                spans.Add(new($" # {member.Value.GetArrayLength()} entries folded; m shows them", TextRole.Comment));
                lines.Add(new(spans));
                continue;
            }

            Value(member.Value, depth, $"{path}.{member.Name}", spans, lines, fold);
        }
    }

    /// <summary>A value behind <c>name:</c> or <c>-</c>.</summary>
    private static void Value(JsonElement value, int depth, string path, List<TextSpan> spans, List<TextLine> lines, bool fold)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.EnumerateObject().Any():
                lines.Add(new(spans));
                Members(value, depth + 1, path, lines, fold, null);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                lines.Add(new(spans));
                Items(value, depth, path, lines, fold);
                break;
            case JsonValueKind.String when value.GetString() is { } text && IsBlock(text):
                Block(text, depth + 1, spans, lines);
                break;
            default:
                spans.Add(new(" "));
                spans.Add(Leaf(value));
                lines.Add(new(spans));
                break;
        }
    }

    private static void Items(JsonElement list, int depth, string path, List<TextLine> lines, bool fold)
    {
        var dash = new string(' ', depth * 2) + "- ";
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.EnumerateObject().Any())
            {
                Members(item, depth + 1, path, lines, fold, dash);
            }
            else if (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() > 0)
            {
                lines.Add(TextLine.Of(dash.TrimEnd()));
                Items(item, depth + 1, path, lines, fold);
            }
            else if (item.ValueKind == JsonValueKind.String && IsBlock(item.GetString()!))
            {
                Block(item.GetString()!, depth + 1, [new(dash.TrimEnd())], lines);
            }
            else
            {
                lines.Add(new([new(dash), Leaf(item)]));
            }
        }
    }

    /// <summary>Several lines that can be written as they are.</summary>
    private static bool IsBlock(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && text.AsSpan().TrimEnd('\n').Length > 0
        && text[0] != '\n'
        && !YamlCharacters.NeedEscapes(text, withLines: true);

    private static void Block(string text, int depth, List<TextSpan> spans, List<TextLine> lines)
    {
        // The indicator says whether line ends follow the last line; a first line that begins with a blank needs its
        // indentation said.
        var body = text.TrimEnd('\n');
        var keep = text.Length - body.Length;
        spans.Add(new($" |{(body.StartsWith(' ') ? "2" : "")}{(keep == 0 ? "-" : keep > 1 ? "+" : "")}"));
        lines.Add(new(spans));
        var indent = new string(' ', depth * 2);
        foreach (var line in body.Split('\n'))
        {
            lines.Add(new([new(line.Length == 0 ? "" : indent + line, TextRole.Text)]));
        }

        for (var i = 1; i < keep; i++)
        {
            lines.Add(TextLine.Of(""));
        }
    }

    private static TextSpan Leaf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => new(Scalar(value.GetString()!), TextRole.Text),
            JsonValueKind.Number => new(value.GetRawText(), TextRole.Number),
            JsonValueKind.Object => new("{}"),
            JsonValueKind.Array => new("[]"),
            _ => new(value.GetRawText(), TextRole.Word),
        };

    /// <summary>A string: quoted where it would be read as something else.</summary>
    private static string Scalar(string text)
    {
        if (YamlCharacters.NeedEscapes(text, withLines: false))
        {
            return YamlCharacters.Quote(text);
        }

        return text.Length == 0 || NeedsQuotes().IsMatch(text)
            ? text.Contains('\'', StringComparison.Ordinal) || NoPlainQuotes().IsMatch(text)
                ? $"'{text.Replace("'", "''", StringComparison.Ordinal)}'"
                : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : text;
    }

    // Words YAML reads as null, booleans, numbers or times; signs that mean something at the beginning, before a blank
    // or at the end.
    [GeneratedRegex(
        @"^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N)$"
            + @"|^[-+]?(\d[\d_]*\.?\d*([eE][-+]?\d+)?|\.\d+|0[xob][\da-fA-F]+|\.inf|\.nan)$"
            + @"|^\d{4}-\d\d?-\d\d?([Tt ].*)?$|^\d+(:\d+)+$"
            + @"|^([\s,\[\]{}#&*!|>'""%@`=]|[-?:]($|\s))|: |:$| #|\s$"
    )]
    private static partial Regex NeedsQuotes();

    [GeneratedRegex(@"^[?:,\[\]{}#&*!|>%@`=]|^-($|\s)|[\\""]|: |:$| #")]
    private static partial Regex NoPlainQuotes();
}
