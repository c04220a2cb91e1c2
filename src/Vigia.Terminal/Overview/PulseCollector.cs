using Vigia.Catalog;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Terminal.Loading;

namespace Vigia.Terminal.Overview;

/// <summary>Gathers the overview's figures from memory, once a second at most. For the thread that draws.</summary>
internal sealed class PulseCollector(IReadOnlyList<ClusterLink> links, TimeProvider time)
{
    private const int Points = 120;
    private const int MostWarnings = 50;
    private const int MostCauses = 30;

    private readonly Dictionary<string, (long Count, List<double> Rates)> _rates = new(StringComparer.Ordinal);
    private PulseMeasurements _figures = PulseMeasurements.None;
    private long _last;

    public PulseMeasurements Collect()
    {
        var elapsed = time.GetElapsedTime(_last);
        if (_last != 0 && elapsed < TimeSpan.FromSeconds(1))
        {
            return _figures;
        }

        _last = time.GetTimestamp();
        var kinds = links
            .SelectMany(link => link.Session.Feeds)
            .Where(feed => feed.Entry.Tier <= 3)
            .GroupBy(feed => feed.Entry.Name)
            .OrderBy(group => group.First().Entry.Tier)
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Kind(group.Key, [.. group], elapsed.TotalSeconds))
            .ToArray();
        _figures = new(kinds, [.. Warnings()], [.. Causes.Of(links).Take(MostCauses)]);
        return _figures;
    }

    private KindMeasurements Kind(string name, ResourceFeed[] feeds, double seconds)
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
    private static string? Trouble(ResourceFeed[] feeds) =>
        feeds.Select(KindStatus.Of).FirstOrDefault(status => status.Word != LoadWord.Live) is { } status
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
        var found = new List<(DateTimeOffset? Last, ClusterLink Link, ResourceFeed Feed, RawObject Event)>();
        foreach (var link in links)
        {
            if (link.Find("events") is not { Informer: { } informer } feed)
            {
                continue;
            }

            var last = feed.Entry.Columns.Index().First(column => column.Item.Key == "lastSeen").Index;
            found.AddRange(
                informer
                    .Store.List()
                    .Where(e => feed.Entry.RowOf(e).Health != RowHealth.Ok)
                    .Select(e => (feed.Entry.RowOf(e)[last].Time, link, feed, e))
            );
        }

        // Of many warnings only those that are shown are opened.
        return found
            .OrderByDescending(warning => warning.Last)
            .Take(MostWarnings)
            .Select(warning =>
            {
                var (record, about) = (EventRecord.Of(warning.Event), EventAbout.Of(warning.Event));
                return new WarningLine(
                    record.Last,
                    warning.Link.Name,
                    $"{about.Kind.ToLowerInvariant()}/{about.Name}",
                    record.Reason,
                    record.Message,
                    record.Count
                );
            });
    }
}
