using System.Globalization;

namespace Vigia.Catalog;

/// <summary>Durations as kubectl prints them (apimachinery <c>duration.HumanDuration</c>).</summary>
public static class HumanDuration
{
    /// <summary>
    /// <c>59s</c>, <c>5m30s</c>, <c>179m</c>, <c>7h59m</c>, <c>47h</c>, <c>7d23h</c>, <c>700d</c>, <c>7y300d</c>,
    /// <c>9y</c>; <c>&lt;invalid&gt;</c> below -1 s.
    /// </summary>
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        var (minutes, hours) = (seconds / 60, seconds / 3600);
        var days = hours / 24;
        return seconds < 120 ? Join(seconds, "s")
            : minutes < 10 ? Join(minutes, "m", seconds % 60, "s")
            : minutes < 180 ? Join(minutes, "m")
            : hours < 8 ? Join(hours, "h", minutes % 60, "m")
            : hours < 48 ? Join(hours, "h")
            : hours < 192 ? Join(days, "d", hours % 24, "h")
            : hours < 24 * 365 * 2 ? Join(days, "d")
            : hours < 24 * 365 * 8 ? Join(days / 365, "y", days % 365, "d")
            : Join(days / 365, "y");
    }

    /// <summary>The age of something made at <paramref name="time"/>; <c>&lt;unknown&gt;</c> for none.</summary>
    public static string Age(DateTimeOffset? time, DateTimeOffset now) => time is { Ticks: > 0 } made ? Format(now - made) : "<unknown>";

    private static string Join(long first, string unit, long second = 0, string secondUnit = "") =>
        second == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{first}{unit}")
            : string.Create(CultureInfo.InvariantCulture, $"{first}{unit}{second}{secondUnit}");
}
