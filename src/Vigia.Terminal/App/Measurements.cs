using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Vigia.Terminal.App;

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

    /// <summary>The measurements as one object of JSON.</summary>
    public string Write()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Times(json, "keys", "keyMs", _keys);
            json.WriteString("slowestKey", _slowestKey);
            Times(json, "searches", "searchMs", _searches);
            json.WriteString("slowestSearch", _slowest);
            json.WriteNumber("firstRowsMs", Math.Round(_firstRows?.TotalMilliseconds ?? 0));
            json.WriteNumber("allRowsMs", Math.Round(_allRows?.TotalMilliseconds ?? 0));
            json.WriteNumber("rows", _most);
            json.WriteNumber("changes", _changes);
            json.WriteNumber("frames", _frames);
            json.WriteNumber("bytes", _bytes);
            json.WriteNumber("cpuSeconds", Math.Round(process.TotalProcessorTime.TotalSeconds, 2));
            json.WriteNumber("wallSeconds", Math.Round(time.GetElapsedTime(_start).TotalSeconds, 2));
            json.WriteNumber("rssMb", Math.Round(process.WorkingSet64 / 1048576.0, 1));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Times(Utf8JsonWriter json, string count, string name, IEnumerable<double> measured)
    {
        var sorted = measured.Order().ToArray();
        double At(double part) => sorted.Length == 0 ? 0 : Math.Round(sorted[(int)Math.Min(part * sorted.Length, sorted.Length - 1)], 2);

        json.WriteNumber(count, sorted.Length);
        json.WriteNumber($"{name}P50", At(0.5));
        json.WriteNumber($"{name}P99", At(0.99));
        json.WriteNumber($"{name}Max", At(1));
    }
}
