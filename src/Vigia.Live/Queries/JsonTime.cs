using System.Globalization;

namespace Vigia.Live.Queries;

/// <summary>Moments as every answer, event and log line writes them.</summary>
internal static class JsonTime
{
    /// <summary>RFC 3339 in UTC, with milliseconds.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
