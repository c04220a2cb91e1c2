using System.Globalization;
using System.Text;
using Vigia.Catalog.Projections;
using Vigia.Catalog.Rows;

namespace Vigia.Catalog;

/// <summary>
/// The cells of a custom resource's printer columns, as the API server fills them (apiextensions' table convertor).
/// </summary>
/// <remarks>
/// A column shows the first value that its path leads to, and keeps to its type: a text in a column of numbers is left
/// out.
/// </remarks>
public static class PrinterCell
{
    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>The type of a table's column for a printer column's type.</summary>
    public static ColumnType ColumnTypeOf(string type) =>
        type switch
        {
            "date" => ColumnType.Age,
            "integer" => ColumnType.Number,
            "number" => ColumnType.Decimal,
            _ => ColumnType.Text,
        };

    /// <summary>The cell; null if the server has none.</summary>
    /// <param name="path">The column's path.</param>
    /// <param name="type">Its type: string, integer, number, boolean or date.</param>
    /// <param name="json">A whole object whose grammar was checked.</param>
    public static Cell? Read(JsonPath path, string type, ReadOnlySpan<byte> json)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.TryFirst(json, out var value))
        {
            return null;
        }

        var isNumber = value.Raw[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'-';
        return type switch
        {
            "integer" => isNumber ? Cell.Of(Whole(value.Text!)) : null,
            "number" => isNumber && double.TryParse(value.Text, CultureInfo.InvariantCulture, out var number) ? Cell.Of(number) : null,
            "boolean" => value.Raw[0] is (byte)'t' or (byte)'f' ? Cell.Of(value.IsTrue ? "true" : "false") : null,
            "date" => value.IsString ? Date(value.Text!) : null,
            _ => Cell.Of(
                isNumber ? NumberText(value.Text!)
                : value.Raw[0] == (byte)'n' ? "<no value>"
                : Texts.Shared(value.Text ?? Encoding.UTF8.GetString(value.Raw))
            ),
        };
    }

    private static bool IsFraction(string number) => number.AsSpan().IndexOfAny(".eE") >= 0;

    /// <summary>
    /// Fractions lose their decimals; a number out of the range of a long becomes the smallest, as on the server's
    /// processors.
    /// </summary>
    private static long Whole(string number) =>
        !IsFraction(number) && long.TryParse(number, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(number, CultureInfo.InvariantCulture, out var fraction) && Math.Abs(fraction) < 9.2e18 ? (long)fraction
        : long.MinValue;

    private static string NumberText(string number) =>
        IsFraction(number) && double.TryParse(number, CultureInfo.InvariantCulture, out var value) ? GoNumber.Text(value) : number;

    /// <summary>
    /// A time, or a word for a missing one: Go's zero time is unknown, an unparsable text is invalid.
    /// </summary>
    private static Cell Date(string text)
    {
        if (text is "" or "null")
        {
            return Cell.Of("<unknown>");
        }

        // Go takes any number of digits behind the point; .NET seven.
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var end = point < 0 ? -1 : text.AsSpan(point + 1).IndexOfAnyExceptInRange('0', '9');
        var shortened = end > 7 ? text.Remove(point + 8, end - 7) : text;
        return !DateTimeOffset.TryParseExact(
                shortened,
                TimeForms,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var time
            )
            || shortened.Length < 20
                ? Cell.Of("<invalid>")
            : time.UtcTicks == 0 ? Cell.Of("<unknown>")
            : Cell.Of(time);
    }
}
