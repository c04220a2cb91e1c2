using System.Globalization;
using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Catalog;

/// <summary>The table row of one version of an object.</summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable, a function of the object alone: cells that depend on the clock hold times, which are
/// printed when they are shown.
/// </remarks>
public sealed class Row : IEquatable<Row>
{
    private readonly Cell[] _cells;
    private string? _searchText;

    internal Row(ResourceEntry entry, Cell[] cells, RowHealth health, string? error)
    {
        (Entry, _cells, Health, Error) = (entry, cells, health, error);
    }

    /// <summary>The entry whose columns these are.</summary>
    public ResourceEntry Entry { get; }

    /// <summary>Whether the object is as it should be.</summary>
    public RowHealth Health { get; }

    /// <summary>Why the projection failed; null if it did not.</summary>
    public string? Error { get; }

    /// <summary>A cell.</summary>
    public Cell this[int column] => _cells[column];

    /// <summary>
    /// The searched text: namespace, name and the entry's search fields, in lower case, separated by line ends.
    /// </summary>
    public string SearchText(RawObject o)
    {
        ArgumentNullException.ThrowIfNull(o);
        return _searchText ??= $"{o.Namespace}\n{o.Name}\n{string.Join('\n', SearchCells())}".ToLowerInvariant();

        IEnumerable<string> SearchCells() =>
            Entry.SearchColumns.Select(i => _cells[i].Print(Entry.Columns[i].Type, DateTimeOffset.UnixEpoch));
    }

    /// <summary>A cell as kubectl prints it at <paramref name="now"/>.</summary>
    public string Text(int column, DateTimeOffset now) => _cells[column].Print(Entry.Columns[column].Type, now);

    /// <summary>
    /// Writes the row as an object of its columns' keys; see <see cref="ColumnType"/> for the values. A row whose
    /// projection failed has a member <c>error</c>; one that is not well has <c>health</c>: <c>warning</c> or
    /// <c>bad</c>.
    /// </summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        for (var i = 0; i < _cells.Length; i++)
        {
            WriteCell(json, Entry.Columns[i], _cells[i]);
        }

        if (Health != RowHealth.Ok)
        {
            json.WriteString("health"u8, Health == RowHealth.Bad ? "bad"u8 : "warning"u8);
        }

        if (Error is not null)
        {
            json.WriteString("error"u8, Error);
        }

        json.WriteEndObject();
    }

    /// <summary>True if a table would show no difference.</summary>
    public bool Equals(Row? other) =>
        other is not null && Entry == other.Entry && Error == other.Error && _cells.AsSpan().SequenceEqual(other._cells);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Row);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var cell in _cells)
        {
            hash.Add(cell);
        }

        return hash.ToHashCode();
    }

    private static void WriteCell(Utf8JsonWriter json, Column column, Cell cell)
    {
        if (cell.Text is { } text)
        {
            // "<none>" is for tables; a reader of JSON expects a time or nothing.
            if (column.Type is ColumnType.Age or ColumnType.Duration)
            {
                json.WriteNull(column.Key);
            }
            else
            {
                json.WriteString(column.Key, text);
            }

            return;
        }

        switch (column.Type)
        {
            case ColumnType.Age:
                WriteTime(json, column.Key, cell.Time);
                break;
            case ColumnType.Duration:
                json.WriteStartObject(column.Key);
                WriteTime(json, "from", cell.Time);
                if (cell.End is { } end)
                {
                    WriteTime(json, "to", end);
                }

                json.WriteEndObject();
                break;
            case ColumnType.Decimal:
                json.WriteNumber(column.Key, cell.Fraction);
                break;
            default:
                json.WriteNumber(column.Key, cell.Number);
                if (column.Type == ColumnType.CountAgo && cell.Time is { } last)
                {
                    WriteTime(json, column.Key + "At", last);
                }

                break;
        }
    }

    private static void WriteTime(Utf8JsonWriter json, string key, DateTimeOffset? time)
    {
        if (time is { } moment)
        {
            json.WriteString(key, moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNull(key);
        }
    }
}
