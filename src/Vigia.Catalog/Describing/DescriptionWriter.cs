namespace Vigia.Catalog.Describing;

/// <summary>Gathers the parts of a description in their order.</summary>
internal sealed class DescriptionWriter
{
    private readonly List<DescriptionItem> _items = [];

    public IReadOnlyList<DescriptionItem> Items => _items;

    /// <summary>A name and its value; null and an empty text are <c>&lt;none&gt;</c>.</summary>
    public void Pair(int depth, string name, string? value, int column = 0, Tone tone = Tone.Plain) =>
        _items.Add(new DescriptionField(depth, name, string.IsNullOrEmpty(value) ? [] : [value], column, tone, IsList: false));

    /// <summary>A name with a list of values, the first beside it.</summary>
    public void List(int depth, string name, IEnumerable<string> values, int column, Tone tone = Tone.Plain) =>
        _items.Add(new DescriptionField(depth, name, [.. values], column, tone, IsList: true));

    /// <summary>Parts that were made elsewhere.</summary>
    public void Add(IEnumerable<DescriptionItem> items) => _items.AddRange(items);

    /// <summary>A heading.</summary>
    public void Head(int depth, string name, string? note = null) => _items.Add(new DescriptionSection(depth, name, note));

    public void Line(int depth, string text, Tone tone = Tone.Plain) => _items.Add(new DescriptionLine(depth, text, tone));

    public void Table(int depth, string[] columns, IReadOnlyList<string[]> rows, Func<string[], Tone>? tone = null) =>
        _items.Add(new DescriptionTable(depth, columns, rows, [.. rows.Select(row => tone?.Invoke(row) ?? Tone.Plain)]));
}
