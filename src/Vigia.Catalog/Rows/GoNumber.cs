using System.Globalization;

namespace Vigia.Catalog.Rows;

/// <summary>Numbers as Go prints them, and so kubectl.</summary>
internal static class GoNumber
{
    /// <summary>
    /// As <c>fmt.Print</c> of a float64: the shortest digits, with an exponent below 1e-4 and from 1e+21 on, or from
    /// six digits on where there is a fraction.
    /// </summary>
    public static string Text(double number)
    {
        if (number == Math.Floor(number) && Math.Abs(number) < 1e18)
        {
            return number.ToString("F0", CultureInfo.InvariantCulture);
        }

        var parts = number.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var exponent = int.Parse(parts[(parts.IndexOf('E', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        if (exponent is >= -4 and < 6 || !double.IsFinite(number))
        {
            return shortest.Contains('E', StringComparison.Ordinal)
                ? number.ToString("F" + (16 - exponent), CultureInfo.InvariantCulture).TrimEnd('0')
                : shortest;
        }

        var sign = number < 0 ? "-" : "";
        var mantissa = shortest.TrimStart('-').Split('E')[0];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sign}{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}"
        );
    }
}
