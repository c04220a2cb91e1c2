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
    // A name that is not known makes somebody ask; a row of such names must not ask that often.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SoonAfterDefinition = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LaterAfterDefinition = TimeSpan.FromSeconds(2);

    private readonly ClusterOptions _options;
    private readonly SharedInformerOptions? _informers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Action _changed;
    private readonly Lock _gate = new();
    private readonly Pulse _wake = new();
    private readonly RestoreDetector _restores;
    private readonly FeedTable _table;
    private readonly SemaphoreSlim _asking = new(1);
    private readonly TaskCompletionSource _discovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _watchesDefinitions = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ServedResources? _served;
    private volatile DefinitionWatch? _definitions;
    private long _askedAt;
    private volatile bool _definitionsChanged;
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
        _table = new FeedTable(source, options, informers, time, loggers, _restores, changed);
        Name = source.Name;
    }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    /// <summary>The way to the cluster.</summary>
    public IClusterSource Source { get; }

    /// <summary>The feeds, tier by tier.</summary>
    public IEnumerable<ResourceFeed> Feeds =>
        _table.All.OrderBy(feed => feed.Entry.Tier).ThenBy(feed => feed.Entry.Name, StringComparer.Ordinal);

    /// <summary>A feed by its entry's name, or null.</summary>
    public ResourceFeed? Find(string resource) => _table.Find(resource);

    /// <summary>Why discovery fails, in words with host or file; null if it succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Since when <see cref="Problem"/> has its value.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>True once every feed of tier 1 holds its first list: what readiness waits for.</summary>
    public bool IsReady =>
        _served is not null
        && _table.All.Where(feed => feed.Entry.Tier == 1).All(feed => feed.Informer?.HasSynced == true || feed.IsAbsent);

    /// <summary>True if it is ready, or is known not to become ready for now.</summary>
    public bool IsSettled =>
        IsReady || Problem is not null || _table.All.Any(feed => feed.Entry.Tier == 1 && feed.Informer?.Status is { Failures: > 0 });

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
        foreach (var feed in _table.All)
        {
            feed.Informer?.RetryNow();
        }
    }

    internal IReadOnlyDictionary<string, CustomDefinition>? CustomResources => _options.CustomResources ? _served?.Definitions : null;

    /// <summary>Begins to discover and load.</summary>
    internal void Start() => _loading ??= Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);

    /// <summary>What the server told of itself last; null before its first answer.</summary>
    internal ApiResourceList? Discovery => _served?.Discovery;

    /// <summary>What the server told of itself, as soon as it has answered once.</summary>
    internal async Task<ApiResourceList> DiscoveryAsync(CancellationToken cancellationToken)
    {
        await _discovered.Task.WaitAsync(cancellationToken);
        return Discovery!;
    }

    /// <summary>
    /// Asks the server again what it has, half a second after the last time at the earliest. The answer before, where
    /// it cannot be asked; null where there was none.
    /// </summary>
    internal async Task<ApiResourceList?> RediscoverAsync(CancellationToken cancellationToken)
    {
        if (_served is not null && ShortestPause - _time.GetElapsedTime(Volatile.Read(ref _askedAt)) is { Ticks: > 0 } pause)
        {
            await Task.Delay(pause, _time, cancellationToken);
        }

        await AskAsync(cancellationToken);
        return Discovery;
    }

    /// <summary>
    /// The feed of a resource that is in no catalog, made where there is none: for one that somebody found on this
    /// server by its name. An entry of that name from the server's definitions takes its place.
    /// </summary>
    internal ResourceFeed Add(ResourceEntry entry) => _table.Add(entry, () => _served, Problem);

    /// <summary>
    /// Reads a resource in one namespace only: for a caller who may not read it in all. Its feed is replaced.
    /// </summary>
    internal void Narrow(string resource, string ns)
    {
        if (_table.Narrow(resource, ns, again: true))
        {
            _changed();
        }
    }

    /// <summary>
    /// Has the definition of a custom resource read (<see cref="ClusterOptions.CustomResourcesOnDemand"/>); from then
    /// on its feed follows it. Returns that feed; null where there is no such definition, or it cannot be read now.
    /// </summary>
    internal async Task<ResourceFeed?> ReadDefinitionAsync(string resource, CancellationToken cancellationToken)
    {
        await _watchesDefinitions.Task.WaitAsync(cancellationToken);
        if (_definitions is { } definitions)
        {
            await definitions.SettledAsync(cancellationToken);
            var request = definitions.RequestAsync(resource);
            if (definitions.Status.HasSynced)
            {
                await request.WaitAsync(cancellationToken);
            }
        }

        return CustomResources?.ContainsKey(resource) == true ? Find(resource) : null;
    }

    /// <summary>
    /// Updates the feeds to the entries and the server's resources; returns whether anything changed.
    /// </summary>
    internal bool Apply(ResourceCatalog known, IReadOnlyList<ResourceEntry> custom) =>
        _table.Apply(known.Entries.Concat(custom.Where(entry => CustomResources?.ContainsKey(entry.Name) == true)), () => _served, Problem);

    /// <summary>Ends every feed with a reason that streams pass on; call before disposing.</summary>
    internal void Retire(string reason) => _table.Retire(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        var closing = _table.CloseAsync($"{Name} was closed");
        if (_loading is { } loading)
        {
            await loading;
        }

        if (_definitions is { } definitions)
        {
            await definitions.DisposeAsync();
        }

        await closing;
        _restores.Dispose();
        try
        {
            if (Source is IAsyncDisposable owned)
            {
                await owned.DisposeAsync();
            }
        }
        catch (Exception thrown)
        {
            // A host's own source keeps neither other clusters nor the rest of the gateway from ending.
            LogSourceThrew(thrown, Name);
        }

        _asking.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_options.LoadsBeforeDiscovery)
            {
                foreach (var feed in _table.All.Where(feed => feed.Entry.Tier == 1))
                {
                    feed.Resolve(feed.Entry.Versions[0], null);
                    feed.Want();
                }
            }

            while (true)
            {
                // 1. Which resources does the server have?
                await DiscoverAsync(cancellationToken);
                if (_definitions is null && _options.CustomResources && _served!.HasDefinitions)
                {
                    _definitions = new DefinitionWatch(
                        Source,
                        _informers,
                        _time,
                        _loggers,
                        OnDefinitions,
                        _options.CustomResourcesOnDemand
                    );
                    _definitions.Start();
                }

                _watchesDefinitions.TrySetResult();

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
                var woken = _wake.Next;
                if (!_definitionsChanged)
                {
                    await SleepAsync(
                        AreDefinitionsWatched ? _options.Discovery : _options.DiscoveryWithoutDefinitions,
                        woken,
                        cancellationToken
                    );
                }

                await FollowDefinitionsAsync(cancellationToken);
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
        var first = _table.All.Where(feed => feed.Entry.Tier == 1 && !feed.IsAbsent).ToArray();
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

    /// <summary>
    /// Where definitions are read on demand, discovery tells of the others: it is asked soon after a change, and again
    /// when this returns, since a definition is applied in several writes and discovery follows them by a moment.
    /// </summary>
    private async Task FollowDefinitionsAsync(CancellationToken cancellationToken)
    {
        while (_definitionsChanged)
        {
            _definitionsChanged = false;
            await Task.Delay(SoonAfterDefinition, _time, cancellationToken);
            await AskAsync(cancellationToken);
            await Task.Delay(LaterAfterDefinition, _time, cancellationToken);
        }
    }

    private async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        for (var wait = _options.FirstRetry; ; wait = wait * 2 < _options.LongestRetry ? wait * 2 : _options.LongestRetry)
        {
            if (await AskAsync(cancellationToken) is not { } failed)
            {
                return;
            }

            LogDiscoveryFailed(Name, wait.TotalSeconds, failed);
            NextTry = _time.GetUtcNow() + wait;
            await SleepAsync(wait, _wake.Next, cancellationToken);
            NextTry = null;
        }
    }

    /// <summary>Asks the server once what it has; returns why it could not be asked, or null.</summary>
    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
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

            Volatile.Write(ref _askedAt, _time.GetTimestamp());
            _discovered.TrySetResult();
            _changed();
            return null;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            lock (_gate)
            {
                Say(error.Message.StartsWith(Name, StringComparison.Ordinal) ? error.Message : $"{Name}: {error.Message}");
            }

            _changed();
            return error.Message;
        }
        finally
        {
            _asking.Release();
        }
    }

    private async Task SleepAsync(TimeSpan time, Task woken, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(woken, Task.Delay(time, _time, ending.Token));
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
        if (_options.CustomResourcesOnDemand && _definitionsKnown)
        {
            _definitionsChanged = true;
            _wake.Fire();
        }

        _definitionsKnown = true;
    }

    [LoggerMessage(3001, LogLevel.Warning, "{Cluster}: discovery failed; retrying in {Wait} s: {Reason}")]
    private partial void LogDiscoveryFailed(string cluster, double wait, string reason);

    [LoggerMessage(3024, LogLevel.Error, "{Cluster}: the cluster's source threw while it was disposed of; what it holds may stay open")]
    private partial void LogSourceThrew(Exception thrown, string cluster);

    [LoggerMessage(3013, LogLevel.Information, "{Cluster}: {Count} custom resources are defined")]
    private partial void LogDefinitions(string cluster, int count);
}
