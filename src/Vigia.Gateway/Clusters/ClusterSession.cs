using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>One cluster behind the gateway: a feed per catalog entry, loaded by tiers.</summary>
/// <remarks>
/// <b>Guarantees.</b> Tier 1 (pods) is asked for at once and alone; tiers 2 and 3 follow as soon as tier 1 is loaded or has failed, beside each other; tier 4 when somebody first asks. Safe on any thread; owns its informers.
/// </remarks>
public sealed partial class ClusterSession : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly IClusterSource _source;
    private readonly SharedInformerFactory _factory;
    private readonly ConcurrentDictionary<string, ResourceFeed> _feeds = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task? _loading;

    /// <summary>Makes a session; nothing is asked of the cluster before <see cref="Start"/>.</summary>
    public ClusterSession(IClusterSource source, IReadOnlyList<ResourceEntry> entries, SharedInformerOptions? options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(entries);
        (_source, _time) = (source, time);
        _logger = loggers.CreateLogger<ClusterSession>();
        _factory = new SharedInformerFactory(source.ListerWatcher, options, time, loggers);
        foreach (var entry in entries)
        {
            _feeds[entry.Name] = new ResourceFeed(source.Name, entry, NewOrigin(), Make);
        }
    }

    /// <summary>The cluster's name.</summary>
    public string Name => _source.Name;

    /// <summary>The feeds, in the catalog's order.</summary>
    public IEnumerable<ResourceFeed> Feeds => _feeds.Values.OrderBy(feed => feed.Entry.Tier).ThenBy(feed => feed.Entry.Name, StringComparer.Ordinal);

    /// <summary>A feed by its entry's name, or null.</summary>
    public ResourceFeed? Find(string resource) => _feeds.GetValueOrDefault(resource);

    /// <summary>True once every feed of tier 1 holds its first list: what readiness waits for.</summary>
    public bool IsReady => _feeds.Values.Where(feed => feed.Entry.Tier == 1).All(feed => feed.Informer?.HasSynced == true || feed.IsAbsent);

    /// <summary>Begins to discover and load.</summary>
    public void Start() => _loading ??= Task.Run(() => LoadAsync(_stopping.Token), CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loading is { } loading)
        {
            await loading;
        }

        await _factory.DisposeAsync();
        _stopping.Dispose();
    }

    private static string NewOrigin() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    private SharedInformer Make(GroupVersionResource version, ResourceEntry entry)
        => _factory.ForResource(version, new ListerWatcherOptions { MetadataOnly = entry.MetadataOnly });

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DiscoverAsync(cancellationToken);
            var first = _feeds.Values.Where(feed => feed.Entry.Tier == 1 && !feed.IsAbsent).ToArray();
            foreach (var feed in first)
            {
                feed.Want();
            }

            foreach (var feed in first)
            {
                // Pods that cannot be loaded must not keep the rest from loading.
                await FeedLoading.SettledAsync(feed, cancellationToken);
            }

            foreach (var feed in Feeds.Where(feed => feed.Entry.Tier is 2 or 3))
            {
                feed.Want();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped while loading.
        }
    }

    private async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        var wait = FirstRetry;
        while (true)
        {
            try
            {
                var served = await _source.DiscoverAsync(cancellationToken);
                foreach (var feed in _feeds.Values)
                {
                    feed.Resolve(Choose(feed.Entry, served), null);
                }

                return;
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogDiscoveryFailed(Name, wait.TotalSeconds, error.Message);
                foreach (var feed in _feeds.Values)
                {
                    feed.Resolve(null, $"{Name}: {error.Message}");
                }

                await Task.Delay(wait, _time, cancellationToken);
                wait = wait * 2 < LongestRetry ? wait * 2 : LongestRetry;
            }
        }
    }

    private static GroupVersionResource? Choose(ResourceEntry entry, IReadOnlySet<GroupVersionResource> served)
    {
        foreach (var version in entry.Versions)
        {
            if (served.Contains(version))
            {
                return version;
            }
        }

        return null;
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Cluster}: the API server cannot be asked what it has, next try in {Wait} s: {Reason}")]
    private partial void LogDiscoveryFailed(string cluster, double wait, string reason);
}
