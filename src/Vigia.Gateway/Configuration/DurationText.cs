using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Vigia.Gateway.Configuration;

/// <summary>Durations as people write them: <c>500ms</c>, <c>30s</c>, <c>1h30m</c>.</summary>
internal static class DurationText
{
    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789.");

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>
    /// Reads a duration: numbers with units, largest first. A number without a unit is none: whether 30 means seconds
    /// or minutes must not be guessed.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TimeSpan? duration)
    {
        duration = null;
        var rest = text.AsSpan().Trim();
        if (rest is "0")
        {
            duration = TimeSpan.Zero;
            return true;
        }

        var total = TimeSpan.Zero;
        var any = false;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (
                digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number > 1e9
            )
            {
                return false;
            }

            rest = rest[digits..];
            var unit = -1;
            for (var i = 0; i < Units.Length && unit < 0; i++)
            {
                unit = rest.StartsWith(Units[i].Unit, StringComparison.Ordinal) ? i : -1;
            }

            if (unit < 0)
            {
                return false;
            }

            total += Units[unit].Length * number;
            rest = rest[Units[unit].Unit.Length..];
            any = true;
        }

        duration = any ? total : null;
        return any;
    }

    /// <summary>Writes a duration in the form that <see cref="TryParse"/> reads.</summary>
    public static string Of(TimeSpan time)
    {
        if (time == TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new System.Text.StringBuilder();
        foreach (var (unit, length) in Units.OrderByDescending(unit => unit.Length))
        {
            var count = (long)(time / length);
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
                time -= length * count;
            }
        }

        return text.ToString();
    }
}
