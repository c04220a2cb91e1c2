using System.Text;
using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Subscriptions;

namespace Vigia.Commands;

/// <summary>Prints a cursor: what exists, then what changes, and on standard error whether it is live.</summary>
internal sealed class WatchPrinter(
    SharedInformer informer,
    ResourceEntry entry,
    string format,
    bool withNamespace,
    bool changesOnly,
    TextWriter output,
    TextWriter notes,
    TimeProvider time
)
{
    private readonly int[] _shown = TableText.Shown(entry, format == "wide");
    private readonly bool _colour =
        !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
        && Environment.GetEnvironmentVariable("TERM") != "dumb";
    private int[]? _widths;
    private bool _saidStale;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        var initial = new List<RawObject>(snapshot);
        var printing = false;
        var deltas = new List<Delta>();
        while (true)
        {
            var change = cursor.NextChange;
            var synced = informer.HasSynced;
            var reading = cursor.Read(deltas);
            if (reading == CursorReading.Reset)
            {
                await notes.WriteLineAsync($"vigia: {informer.Cluster} was restored to an older state; its current objects follow");
                (snapshot, cursor) = informer.Log.OpenWithSnapshot();
                (initial, printing) = ([.. snapshot], false);
                continue;
            }

            // 1. The first list is gathered, so that the table's columns fit it.
            if (!printing)
            {
                initial.AddRange(deltas.Where(delta => delta.New is not null).Select(delta => delta.New!));
                if (deltas.Count == 0 && synced)
                {
                    printing = true;
                    await BeginAsync(initial);
                    initial = [];
                }
            }
            else
            {
                // 2. Then every change is a line.
                foreach (var delta in deltas)
                {
                    await ChangeAsync(delta);
                }
            }

            await TellFreshnessAsync(printing);
            await output.FlushAsync(cancellationToken);
            if (deltas.Count == 0 && reading == CursorReading.Nothing)
            {
                await change.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task BeginAsync(List<RawObject> objects)
    {
        objects.Sort((left, right) => left.Key.CompareTo(right.Key));
        if (format is "table" or "wide")
        {
            var now = time.GetUtcNow();
            var lines = objects.Select(o => Cells(o, now)).Prepend(["", .. TableText.Header(entry, _shown, withNamespace)]).ToArray();
            _widths = new int[lines[0].Length];
            foreach (var line in lines)
            {
                TableText.Widen(_widths, line);
            }

            await output.WriteLineAsync(TableText.Line(lines[0], _widths).TrimEnd());
        }

        if (changesOnly)
        {
            return;
        }

        foreach (var o in objects)
        {
            await ChangeAsync(Delta.Create(DeltaKind.Added, null, o, o.ResourceVersion, time.GetUtcNow()));
        }
    }

    private async Task ChangeAsync(Delta delta)
    {
        switch (format)
        {
            case "json":
                var line = ChangeEncoder.Encode(informer.Cluster, entry, delta, ChangeShape.Diff);
                var type = delta.Kind.ToString().ToLowerInvariant();
                await output.WriteLineAsync($"{{\"type\":\"{type}\",{Encoding.UTF8.GetString(line.Span[1..])}");
                break;
            case "diff":
                await output.WriteLineAsync(DiffText.Of(delta, entry, time.GetUtcNow(), _colour));
                break;
            default:
                var cells = Cells(delta.Object, time.GetUtcNow());
                (cells[0], var colour) = delta.Kind switch
                {
                    DeltaKind.Added => ("+", "32"),
                    DeltaKind.Updated => ("~", "33"),
                    _ => ("-", "31"),
                };
                TableText.Widen(_widths!, cells);
                var text = TableText.Line(cells, _widths!);
                await output.WriteLineAsync(_colour ? $"\u001b[{colour}m{text}\u001b[0m" : text);
                break;
        }
    }

    private string[] Cells(RawObject o, DateTimeOffset now) => ["+", .. TableText.Cells(entry, o, _shown, now, withNamespace)];

    /// <summary>Printed lines stay; a remark on standard error reports whether they are still current.</summary>
    private async Task TellFreshnessAsync(bool printing)
    {
        var freshness = informer.Freshness;
        var status = informer.Status;
        if (!freshness.IsLive && status.Failures > 0 && !_saidStale)
        {
            _saidStale = true;
            if (!printing && status.State == InformerState.Denied)
            {
                throw new UnauthorizedAccessException(freshness.Reason);
            }

            await notes.WriteLineAsync(
                $"vigia: {(printing ? $"stale since {freshness.Since.ToLocalTime():HH:mm:ss}" : "not loaded yet")}: "
                    + $"{TextWidth.CleanLine(freshness.Reason ?? "")}; retrying"
            );
        }
        else if (freshness.IsLive && _saidStale)
        {
            _saidStale = false;
            await notes.WriteLineAsync("vigia: live again");
        }
    }
}
