using Vigia.Terminal.Texts;

namespace Vigia.Terminal.Describing;

/// <summary>Lines of a description: names at the left, values at one column, sections indented, as kubectl sets them.</summary>
internal sealed class DescriptionWriter
{
    private readonly List<TextLine> _lines = [];

    public List<TextLine> Lines => _lines;

    /// <summary>A name and its value.</summary>
    public void Pair(int depth, string name, string? value, int column = 0, TextRole role = TextRole.Plain)
    {
        var indent = new string(' ', depth * 2);
        var width = Math.Max(column, name.Length + 2);
        _lines.Add(new([new(indent), new((name + ":").PadRight(width), TextRole.Key), new(string.IsNullOrEmpty(value) ? "<none>" : value, string.IsNullOrEmpty(value) ? TextRole.Muted : role)]));
    }

    /// <summary>A name with a list of values, the first beside it.</summary>
    public void List(int depth, string name, IEnumerable<string> values, int column)
    {
        var all = values.ToArray();
        Pair(depth, name, all.Length == 0 ? null : all[0], column);
        foreach (var value in all.Skip(1))
        {
            Line((depth * 2) + column, value);
        }
    }

    /// <summary>A heading.</summary>
    public void Head(int depth, string name, string? rest = null) => _lines.Add(new([new(new string(' ', depth * 2)), new(name + ":", depth == 0 ? TextRole.Heading : TextRole.Key), new(rest is null ? "" : "  " + rest, TextRole.Muted)]));

    public void Line(int indent, string text, TextRole role = TextRole.Plain) => _lines.Add(new([new(new string(' ', indent)), new(text, role)]));

    /// <summary>A small table, its columns as wide as they must be.</summary>
    public void Table(int indent, string[] names, IReadOnlyList<string[]> rows, Func<string[], TextRole>? role = null)
    {
        var widths = names.Select((name, i) => rows.Select(row => row[i].Length).Append(name.Length).Max()).ToArray();
        var pad = new string(' ', indent);
        _lines.Add(new([new(pad), new(string.Join("  ", names.Select((name, i) => i == names.Length - 1 ? name : name.PadRight(widths[i]))), TextRole.Key)]));
        _lines.Add(new([new(pad), new(string.Join("  ", names.Select((name, i) => new string('-', i == names.Length - 1 ? name.Length : widths[i]))), TextRole.Muted)]));
        foreach (var row in rows)
        {
            _lines.Add(new([new(pad), new(string.Join("  ", row.Select((cell, i) => i == row.Length - 1 ? cell : cell.PadRight(widths[i]))), role?.Invoke(row) ?? TextRole.Plain)]));
        }
    }
}
