using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Catalog.Definitions;
using Vigia.Informers;
using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>One cluster behind the gateway: a feed per resource, loaded by tiers.</summary>
/// <remarks>
/// <b>Guarantees.</b> Tier 1 (pods) is loaded at once and alone; tiers 2 and 3 follow in parallel as soon as tier 1 is
/// loaded or has failed; tier 4 and custom resources on the first request. An unreachable cluster is retried forever,
/// and does not affect the others. Thread-safe; owns its informers. <see cref="Feeds"/> changes when the server's
/// resources do: <see cref="ClusterSet.NextChange"/> reports it.
/// </remarks>
public sealed partial class ClusterSession : IAsyncDisposable
{
    private readonly ClusterOptions _options;
    private readonly SharedInformerOptions? _informers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly Lock _gate = new();
    private readonly List<Task> _ending = [];
    private readonly Pulse _wake = new();
    private readonly RestoreDetector _restores;
    private volatile Dictionary<string, ResourceFeed> _feeds = new(StringComparer.Ordinal);
    private volatile ServedResources? _served;
    private DefinitionWatch? _definitions;
    private Task? _loading;
    private bool _tiersAsked;
    private bool _guessed;
    private volatile bool _definitionsKnown;

    internal ClusterSession(
        IClusterSource source,
        ClusterOptions options,
        SharedInformerOptions? informers,
        TimeProvider time,
        ILoggerFactory loggers,
        Action changed
    )
    {
        (Source, _options, _informers, _time, _loggers, _changed) = (source, options, informers, time, loggers, changed);
        _logger = loggers.CreateLogger<ClusterSession>();
        _restores = new RestoreDetector(source, time, loggers);
        Name = source.Name;
    }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    /// <summary>The way to the cluster.</summary>
    public IClusterSource Source { get; }

    /// <summary>The feeds, tier by tier.</summary>
    public IEnumerable<ResourceFeed> Feeds =>
        _feeds.Values.OrderBy(feed => feed.Entry.Tier).ThenBy(feed => feed.Entry.Name, StringComparer.Ordinal);

    /// <summary>A feed by its entry's name, or null.</summary>
    public ResourceFeed? Find(string resource) => _feeds.GetValueOrDefault(resource);

    /// <summary>Why discovery fails, in words with host or file; null if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Since when <see cref="Problem"/> has its value.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>True once every feed of tier 1 holds its first list: what readiness waits for.</summary>
    public bool IsReady =>
        _served is not null
        && _feeds.Values.Where(feed => feed.Entry.Tier == 1).All(feed => feed.Informer?.HasSynced == true || feed.IsAbsent);

    /// <summary>True if it is ready, or is known not to become ready for now.</summary>
    public bool IsSettled =>
        IsReady || Problem is not null || _feeds.Values.Any(feed => feed.Entry.Tier == 1 && feed.Informer?.Status is { Failures: > 0 });

    /// <summary>The time of the next discovery, while there is a <see cref="Problem"/>; null during one.</summary>
    public DateTimeOffset? NextTry { get; private set; }

    /// <summary>True once discovery has succeeded: before, no resource counts as absent.</summary>
    internal bool IsDiscovered => _served is not null;

    /// <summary>True once custom resources are known too, or are known not to become known for now.</summary>
    internal bool IsComplete =>
        _served is { } served
        && (
            !_options.CustomResources
            || !served.HasDefinitions
            || _guessed
            || _definitionsKnown
            || _definitions?.Status is { Failures: > 0 }
        );

    /// <summary>
    /// All waiting retries start now: the credentials have changed, or the server was seen to answer.
    /// </summary>
    public void RetryNow()
    {
        _wake.Fire();
        _definitions?.RetryNow();
        foreach (var feed in _feeds.Values)
        {
            feed.Informer?.RetryNow();
        }
    }

    internal IReadOnlyDictionary<string, CustomDefinition>? CustomResources => _options.CustomResources ? _served?.Definitions : null;

    /// <summary>Begins to discover and load.</summary>
    internal void Start() => _loading ??= Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);

    /// <summary>
    /// Updates the feeds to the entries and the server's resources; returns whether anything changed.
    /// </summary>
    internal bool Apply(ResourceCatalog known, IReadOnlyList<ResourceEntry> custom)
    {
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
            {
                return false;
            }

            var served = _served;
            var before = _feeds;
            var after = new Dictionary<string, ResourceFeed>(before.Count, StringComparer.Ordinal);
            foreach (var entry in known.Entries.Concat(custom.Where(entry => CustomResources?.ContainsKey(entry.Name) == true)))
            {
                after[entry.Name] = Next(before.GetValueOrDefault(entry.Name), entry, served);
            }

            _feeds = after;
            var changed = before.Count != after.Count;
            foreach (var feed in before.Values)
            {
                if (!after.TryGetValue(feed.Entry.Name, out var kept))
                {
                    EndLocked(
                        feed.Retire($"{Name} no longer has the resource {feed.Entry.Name}: its definition was deleted", replaced: false)
                    );
                }

                changed |= kept != feed;
            }

            return changed;
        }
    }

    /// <summary>Ends every feed with a reason that streams pass on; call before disposing.</summary>
    internal void Retire(string reason)
    {
        lock (_gate)
        {
            foreach (var feed in _feeds.Values)
            {
                EndLocked(feed.Retire(reason, replaced: false));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Retire($"{Name} was closed");
        if (_loading is { } loading)
        {
            await loading;
        }

        if (_definitions is { } definitions)
        {
            await definitions.DisposeAsync();
        }

        await Task.WhenAll(_ending);
        _restores.Dispose();
        if (Source is IAsyncDisposable owned)
        {
            await owned.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private static string NewOrigin() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>The feed that serves an entry from now on: the one there is, or another in its place.</summary>
    private ResourceFeed Next(ResourceFeed? before, ResourceEntry entry, ServedResources? served)
    {
        var version = served?.Choose(entry);
        if (
            before is not null
            && before.Retired is null
            && before.Entry == entry
            && (before.Version is null || before.Version == version || served is null)
        )
        {
            Resolve(before, version, served);
            return before;
        }

        var next = new ResourceFeed(Name, entry, NewOrigin(), Make, _logger);
        if (before is { Retired: null })
        {
            var wanted = before.IsWanted;
            var isSame = before.Version == version && version is not null;
            var informer = before.Retire(
                version is null ? $"{Name} no longer has the resource {entry.Name}"
                    : isSame ? $"the columns of {entry.Name} changed"
                    : $"{Name} now serves {entry.Name} as {version.Value.ApiVersion}",
                replaced: version is not null
            );
            if (isSame && informer is not null)
            {
                next.Adopt(informer, version!.Value);
            }
            else
            {
                EndLocked(informer);
            }

            if (wanted)
            {
                next.Want();
            }
        }

        Resolve(next, version, served);
        return next;
    }

    private void Resolve(ResourceFeed feed, GroupVersionResource? version, ServedResources? served)
    {
        if (served is not null)
        {
            feed.Resolve(version, null);
        }
        else if (Problem is { } problem)
        {
            feed.Resolve(null, problem);
        }
    }

    private SharedInformer Make(GroupVersionResource version, ResourceEntry entry)
    {
        var lister = _restores.Watch(
            Source.ListerWatcher(
                version,
                new ListerWatcherOptions { MetadataOnly = entry.MetadataOnly, Namespace = entry.Namespaced ? _options.Namespace : null }
            )
        );
        var informer = new SharedInformer(lister, _informers, _time, _loggers.CreateLogger<SharedInformer>());
        _restores.Add(lister, informer);
        return informer;
    }

    private void EndLocked(SharedInformer? informer)
    {
        if (informer is not null)
        {
            _restores.Remove(informer);
            _ending.RemoveAll(task => task.IsCompletedSuccessfully);

            // Not under the lock: callbacks at the end of the informer may read this session's state.
            _ending.Add(Task.Run(() => informer.DisposeAsync().AsTask()));
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // 1. Which resources does the server have?
                await DiscoverAsync(cancellationToken);
                if (_definitions is null && _options.CustomResources && _served!.HasDefinitions)
                {
                    _definitions = new DefinitionWatch(Source, _informers, _time, _loggers, OnDefinitions);
                    _definitions.Start();
                }

                // 2. Load, pods first.
                if (!_tiersAsked)
                {
                    await AskByTiersAsync(cancellationToken);
                    _tiersAsked = true;
                }

                if (_definitions is { } definitions && !_guessed)
                {
                    await definitions.SettledAsync(cancellationToken);
                    if (!AreDefinitionsWatched)
                    {
                        // CustomResourceDefinitions may not be read: discovery has to suffice.
                        _guessed = true;
                        continue;
                    }
                }

                // 3. Discovery from time to time: groups come and go without a change of a definition (aggregated
                // servers, upgrades).
                await SleepAsync(AreDefinitionsWatched ? _options.Discovery : _options.DiscoveryWithoutDefinitions, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private bool AreDefinitionsWatched => _definitions?.Status is { State: not InformerState.Denied };

    private async Task AskByTiersAsync(CancellationToken cancellationToken)
    {
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

    private async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        var wait = _options.FirstRetry;
        while (true)
        {
            try
            {
                var found = await Source.DiscoverAsync(cancellationToken);
                lock (_gate)
                {
                    _served = ServedResources.Discovered(
                        found,
                        _served,
                        AreDefinitionsWatched
                            || _definitions is null
                                && found.Resources.Any(resource => resource.Resource == KnownResources.CustomResourceDefinitions)
                    );
                    Say(null);
                }

                _changed();
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogDiscoveryFailed(Name, wait.TotalSeconds, error.Message);
                lock (_gate)
                {
                    Say(error.Message.StartsWith(Name, StringComparison.Ordinal) ? error.Message : $"{Name}: {error.Message}");
                }

                _changed();
                NextTry = _time.GetUtcNow() + wait;
                await SleepAsync(wait, cancellationToken);
                NextTry = null;
                wait = wait * 2 < _options.LongestRetry ? wait * 2 : _options.LongestRetry;
            }
        }
    }

    private async Task SleepAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_wake.Next, Task.Delay(time, _time, ending.Token));
        await ending.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Say(string? problem)
    {
        if (Since == default || (problem is null) != (Problem is null))
        {
            Since = _time.GetUtcNow();
        }

        Problem = problem;
    }

    private void OnDefinitions(IReadOnlyDictionary<string, CustomDefinition> definitions)
    {
        lock (_gate)
        {
            _served = _served!.With(definitions);
        }

        LogDefinitions(Name, definitions.Count);
        _changed();
        _definitionsKnown = true;
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Cluster}: discovery failed; retrying in {Wait} s: {Reason}")]
    private partial void LogDiscoveryFailed(string cluster, double wait, string reason);

    [LoggerMessage(3013, LogLevel.Information, "{Cluster}: {Count} custom resources are defined")]
    private partial void LogDefinitions(string cluster, int count);
}
