using System.Globalization;
using Vigia.Catalog.Rows;

namespace Vigia.Catalog;

/// <summary>A value in a row: a text, a number, a moment, a span or a count with a moment.</summary>
public readonly struct Cell : IEquatable<Cell>, IComparable<Cell>
{
    private const long NoTime = long.MinValue;

    private readonly string? _text;
    private readonly long _number;
    private readonly long _time;

    private Cell(string? text, long number, long time) => (_text, _number, _time) = (text, number, time);

    /// <summary>A text.</summary>
    public static Cell Of(string? text) => new(text ?? "", 0, NoTime);

    /// <summary>A number.</summary>
    public static Cell Of(long number) => new(null, number, NoTime);

    /// <summary>A number with a fraction.</summary>
    public static Cell Of(double number) => new(null, BitConverter.DoubleToInt64Bits(number), NoTime);

    /// <summary>A moment; null for unknown.</summary>
    public static Cell Of(DateTimeOffset? time) => new(null, 0, time?.UtcTicks ?? NoTime);

    /// <summary>A count and the time of the last one.</summary>
    public static Cell Of(long count, DateTimeOffset? last) => new(null, count, last?.UtcTicks ?? NoTime);

    /// <summary>A span; <paramref name="to"/> is null while it runs.</summary>
    public static Cell Span(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } start ? new(null, to?.UtcTicks ?? 0, start.UtcTicks) : new("", 0, NoTime);

    /// <summary>The text, for text cells.</summary>
    public string? Text => _text;

    /// <summary>The number or count.</summary>
    public long Number => _number;

    /// <summary>The number of a cell that has a fraction.</summary>
    public double Fraction => BitConverter.Int64BitsToDouble(_number);

    /// <summary>The moment, or a span's beginning.</summary>
    public DateTimeOffset? Time => _time == NoTime ? null : new DateTimeOffset(_time, TimeSpan.Zero);

    /// <summary>A span's end; null while it runs.</summary>
    public DateTimeOffset? End => _number == 0 ? null : new DateTimeOffset(_number, TimeSpan.Zero);

    /// <summary>As kubectl prints it at <paramref name="now"/>.</summary>
    public string Print(ColumnType type, DateTimeOffset now) =>
        type switch
        {
            _ when _text is not null => _text,
            ColumnType.Age => HumanDuration.Age(Time, now),
            ColumnType.Duration => Time is { } from ? HumanDuration.Format((End ?? now) - from) : "",
            ColumnType.Decimal => GoNumber.Text(Fraction),
            ColumnType.CountAgo when Time is { } last => string.Create(
                CultureInfo.InvariantCulture,
                $"{_number} ({HumanDuration.Format(now - last)} ago)"
            ),
            _ => _number.ToString(CultureInfo.InvariantCulture),
        };

    /// <summary>
    /// Order of cells of one kind: numbers by value, moments by time, texts as <see cref="CellOrder.CompareTexts"/>. A
    /// column's order is <see cref="CellOrder.Compare"/>.
    /// </summary>
    public int CompareTo(Cell other)
    {
        if (_text is not null || other._text is not null)
        {
            // A word in a column of times or numbers ("<none>") marks a missing value: it sorts first, as null does.
            return _text is null ? 1
                : other._text is null ? -1
                : CellOrder.CompareTexts(_text, other._text);
        }

        var order = _number.CompareTo(other._number);
        return order != 0 ? order : _time.CompareTo(other._time);
    }

    /// <inheritdoc/>
    public bool Equals(Cell other) =>
        _number == other._number && _time == other._time && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Cell other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_text, _number, _time);

    /// <summary>Equality.</summary>
    public static bool operator ==(Cell left, Cell right) => left.Equals(right);

    /// <summary>Order within a column.</summary>
    public static bool operator <(Cell left, Cell right) => left.CompareTo(right) < 0;

    /// <summary>Order within a column.</summary>
    public static bool operator >(Cell left, Cell right) => left.CompareTo(right) > 0;

    /// <summary>Order within a column.</summary>
    public static bool operator <=(Cell left, Cell right) => left.CompareTo(right) <= 0;

    /// <summary>Order within a column.</summary>
    public static bool operator >=(Cell left, Cell right) => left.CompareTo(right) >= 0;

    /// <summary>Inequality.</summary>
    public static bool operator !=(Cell left, Cell right) => !left.Equals(right);
}
