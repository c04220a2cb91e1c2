using System.Globalization;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>One line of a log: when it was written, and what.</summary>
internal readonly record struct GeneratedLine(DateTimeOffset At, string Text);

/// <summary>
/// The log of one run of a container. Nothing is stored: every line follows from pod, container, run and time. Time is
/// divided into slots, each with one line (or a stack trace), so the end of a log is found without its beginning, and
/// two requests always see the same lines.
/// </summary>
internal sealed class ContainerLog
{
    /// <summary>
    /// How much is kept, as a kubelet that rotates keeps its last files: 20,000 slots of about 200 bytes.
    /// </summary>
    public const long KeptSlots = 20_000;

    /// <summary>The annotation that sets a pod's pace: milliseconds between lines.</summary>
    public const string IntervalAnnotation = "simulator.vigia.dev/log-interval-ms";

    private static readonly int[] Paces = [250, 500, 1000, 2000, 5000];

    private readonly ContainerInstance _run;
    private readonly LogWriter _writer;
    private readonly ulong _seed;
    private readonly long _slot;

    public ContainerLog(ContainerInstance run)
    {
        _run = run;
        _seed = Mix(Mix(14_695_981_039_346_656_037UL, run.Uid), $"{run.Container}#{run.Number}");
        var asked = Json.Text(run.Pod["metadata"]?["annotations"]?[IntervalAnnotation]);
        var pace =
            int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms > 0
                ? ms
                : Paces[Mix(_seed, "pace") % (ulong)Paces.Length];
        _slot = pace * TimeSpan.TicksPerMillisecond;
        _writer = new LogWriter(run);
    }

    /// <summary>The first slot that is still kept at a time.</summary>
    public long First(DateTimeOffset now) => Math.Max(0, Last(now) - KeptSlots);

    /// <summary>
    /// The last slot that has begun at a time; after the end of the run the one that holds its last words.
    /// </summary>
    public long Last(DateTimeOffset now) => _run.FinishedAt is { } end ? SlotOf(Closing(end)) + 1 : SlotOf(now);

    /// <summary>The slot that a time falls into; 0 before the start.</summary>
    public long SlotOf(DateTimeOffset at) => Math.Max(0, (at - _run.StartedAt).Ticks / _slot);

    /// <summary>
    /// How many lines of a slot were written at a time: all of them if the run has ended, since a status does not
    /// distinguish moments within its last second.
    /// </summary>
    public int Due(List<GeneratedLine> lines, DateTimeOffset now) =>
        _run.FinishedAt is not null ? lines.Count : lines.Count(line => line.At <= now);

    /// <summary>When a slot begins.</summary>
    public DateTimeOffset Begin(long slot) => _run.StartedAt.AddTicks(slot * _slot);

    /// <summary>The lines of a slot, in the order of their times.</summary>
    public void Lines(long slot, List<GeneratedLine> into)
    {
        into.Clear();
        if (_run.FinishedAt is { } end && slot > SlotOf(Closing(end)))
        {
            Add(into, Closing(end), _writer.LastWords(_seed));
            return;
        }

        var chance = Mix(_seed, slot);
        if (slot == 0)
        {
            Add(into, _run.StartedAt.AddTicks(Math.Min(_slot / 2, 20 * TimeSpan.TicksPerMillisecond)), _writer.FirstWords());
            return;
        }

        var at = Begin(slot).AddTicks((long)(chance % (ulong)Math.Max(1, _slot - 1000)));
        if (_run.FinishedAt is { } closed && at >= Closing(closed))
        {
            return;
        }

        Add(into, at, _writer.Line(chance, slot, at));
    }

    /// <summary>A status has times to the second: lines written within that second still belong to the run.</summary>
    private static DateTimeOffset Closing(DateTimeOffset finishedAt) => finishedAt.AddSeconds(1);

    private static void Add(List<GeneratedLine> into, DateTimeOffset at, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            into.Add(new GeneratedLine(at, line));
            at = at.AddTicks(13);
        }
    }

    internal static ulong Mix(ulong hash, string text)
    {
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1_099_511_628_211UL;
        }

        return Mix(hash, text.Length);
    }

    /// <summary>SplitMix64: neighbours must not look alike.</summary>
    internal static ulong Mix(ulong hash, long number)
    {
        var z = hash + ((ulong)number * 0x9E3779B97F4A7C15UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
