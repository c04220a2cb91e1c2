using System.Globalization;

namespace Vigia.Terminal;

/// <summary>What the terminal UI measures of itself, for <c>--measurements</c>.</summary>
internal sealed class Measurements(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly List<double> _keys = [];
    private readonly List<double> _searches = [];
    private string _slowest = "";
    private double _slowestMs;
    private string _slowestKey = "";
    private double _slowestKeyMs;
    private TimeSpan? _firstRows;
    private TimeSpan? _allRows;
    private int _most;
    private long _changes;
    private long _frames;
    private long _bytes;

    /// <summary>A key is on the screen, so long after it was read.</summary>
    public void Key(TimeSpan delay, string name)
    {
        if (delay.TotalMilliseconds > _slowestKeyMs)
        {
            (_slowestKeyMs, _slowestKey) = (delay.TotalMilliseconds, name);
        }

        if (_keys.Count < 100_000)
        {
            _keys.Add(delay.TotalMilliseconds);
        }
    }

    /// <summary>
    /// A key has changed a filter, and the rows that it leaves are known, so long after the key was read.
    /// </summary>
    public void Search(TimeSpan delay, string text, int rows)
    {
        if (_searches.Count < 100_000)
        {
            _searches.Add(delay.TotalMilliseconds);
        }

        if (delay.TotalMilliseconds > _slowestMs)
        {
            (_slowestMs, _slowest) = (delay.TotalMilliseconds, string.Create(CultureInfo.InvariantCulture, $"'{text}' over {rows} rows"));
        }
    }

    public void Rows(int total, int changes)
    {
        _changes += changes;
        if (total > _most)
        {
            _most = total;
            _firstRows ??= time.GetElapsedTime(_start);
        }
    }

    /// <summary>
    /// Everything that was there when a table was opened is in it: of the first one, that is when all rows are there.
    /// </summary>
    public void CaughtUp() => _allRows ??= time.GetElapsedTime(_start);

    public void Frame(int bytes)
    {
        _frames++;
        _bytes += bytes;
    }

    public string Write()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        var (keys, searches) = (_keys.Order().ToArray(), _searches.Order().ToArray());
        static double At(double[] sorted, double part) =>
            sorted.Length == 0 ? 0 : sorted[(int)Math.Min(part * sorted.Length, sorted.Length - 1)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"keys": {{keys.Length}}, "keyMsP50": {{At(keys, 0.5):0.00}}, "keyMsP99": {{At(keys, 0.99):0.00}}, "keyMsMax": {{At(
                keys,
                1
            ):0.00}}, "slowestKey": {{System.Text.Json.JsonSerializer.Serialize(
                _slowestKey
            )}}, "searches": {{searches.Length}}, "searchMsP50": {{At(searches, 0.5):0.00}}, "searchMsP99": {{At(
                searches,
                0.99
            ):0.00}}, "searchMsMax": {{At(searches, 1):0.00}}, "slowestSearch": {{System.Text.Json.JsonSerializer.Serialize(
                _slowest
            )}}, "firstRowsMs": {{_firstRows?.TotalMilliseconds ?? 0:0}}, "allRowsMs": {{_allRows?.TotalMilliseconds
                ?? 0:0}}, "rows": {{_most}}, "changes": {{_changes}}, "frames": {{_frames}}, "bytes": {{_bytes}},
                "cpuSeconds": {{process.TotalProcessorTime.TotalSeconds:0.00}}, "wallSeconds": {{time.GetElapsedTime(
                _start
            ).TotalSeconds:0.00}}, "rssMb": {{process.WorkingSet64 / 1048576.0:0.0}}}

            """
        );
    }
}
