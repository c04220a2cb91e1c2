using Vigia.Catalog.Rows;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Objects;

/// <summary>Gathers the overview's figures from memory, once a second at most. For the thread that draws.</summary>
internal sealed class PulseCollector(IReadOnlyList<ClusterLink> links, TimeProvider time)
{
    private const int Points = 120;
    private const int MostWarnings = 50;
    private const int MostCauses = 30;

    private readonly Dictionary<string, (long Count, List<double> Rates)> _rates = new(StringComparer.Ordinal);
    private PulseFigures _figures = PulseFigures.None;
    private long _last;

    public PulseFigures Figures()
    {
        var elapsed = time.GetElapsedTime(_last);
        if (_last != 0 && elapsed < TimeSpan.FromSeconds(1))
        {
            return _figures;
        }

        _last = time.GetTimestamp();
        var kinds = links.SelectMany(link => link.Feeds).Where(feed => feed.Entry.Tier <= 3).GroupBy(feed => feed.Entry.Name).OrderBy(group => group.First().Entry.Tier).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Kind(group.Key, [.. group], elapsed.TotalSeconds)).ToArray();
        _figures = new(kinds, [.. Warnings()], [.. Causes.Of(links).Take(MostCauses)]);
        return _figures;
    }

    private KindFigures Kind(string name, KindFeed[] feeds, double seconds)
    {
        var (total, faults, changes) = (0, 0, 0L);
        foreach (var feed in feeds)
        {
            if (feed.Informer is not { } informer)
            {
                continue;
            }

            changes += informer.Log.Appended;
            foreach (var obj in informer.Store.List())
            {
                total++;
                faults += feed.Entry.RowOf(obj).Health == RowHealth.Ok ? 0 : 1;
            }
        }

        if (!_rates.TryGetValue(name, out var rates))
        {
            _rates[name] = (changes, [0]);
            return new(name, total, faults, [0], Trouble(feeds));
        }

        rates.Rates.Add((changes - rates.Count) / Math.Max(seconds, 0.1));
        if (rates.Rates.Count > Points)
        {
            rates.Rates.RemoveAt(0);
        }

        _rates[name] = (changes, rates.Rates);
        return new(name, total, faults, [.. rates.Rates], Trouble(feeds));
    }

    /// <summary>The first cluster's reason not to be live.</summary>
    private static string? Trouble(KindFeed[] feeds)
        => feeds.Select(feed => feed.Status()).FirstOrDefault(status => status.Word != LoadWord.Live) is { } status
            ? status.Word switch
            {
                LoadWord.Waiting => "waiting",
                LoadWord.Loading => "loading",
                LoadWord.Absent => "the server does not have it",
                var word => $"{word.ToString().ToLowerInvariant()}: {status.Reason}",
            }
            : null;

    /// <summary>The latest warnings of all clusters.</summary>
    private IEnumerable<WarningLine> Warnings()
    {
        var found = new List<WarningLine>();
        foreach (var link in links)
        {
            if (link.Find("events") is not { Informer: { } informer } feed)
            {
                continue;
            }

            var columns = feed.Entry.Columns.Index().ToDictionary(column => column.Item.Key, column => column.Index, StringComparer.Ordinal);
            foreach (var e in informer.Store.List())
            {
                var row = feed.Entry.RowOf(e);
                if (row.Health != RowHealth.Ok)
                {
                    found.Add(new(row[columns["lastSeen"]].Time, link.Name, row[columns["object"]].Text ?? "", row[columns["reason"]].Text ?? "", (row[columns["message"]].Text ?? "").ReplaceLineEndings(" "), 1));
                }
            }
        }

        return found.OrderByDescending(warning => warning.Time).Take(MostWarnings);
    }
}
