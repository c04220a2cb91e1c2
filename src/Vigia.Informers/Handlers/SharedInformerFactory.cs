using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>
/// One informer per resource and selector of a cluster, shared by all callers (client-go's
/// <c>SharedInformerFactory</c>).
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Equal calls return the same informer, until it is disposed of; then a new one. Thread-safe. Owns
/// its informers; owns the client only if it created it (<see cref="FromKubeconfig"/>).
/// </remarks>
public sealed partial class SharedInformerFactory : IAsyncDisposable
{
    private readonly Func<GroupVersionResource, ListerWatcherOptions, IListerWatcher> _sources;
    private readonly SharedInformerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly Lock _gate = new();
    private readonly Dictionary<
        (GroupVersionResource, string?, string?, string?, bool),
        (SharedInformer Informer, SharedInformerOptions Options)
    > _informers = [];
    private bool _stopped;

    /// <summary>Creates a factory.</summary>
    /// <param name="sources">
    /// Makes the lister-watcher of a resource: <c>(gvr, o) => new ResourceListerWatcher(client, "prod", gvr, o)</c>.
    /// </param>
    /// <param name="options">The options of every informer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">The logger factory of informers.</param>
    public SharedInformerFactory(
        Func<GroupVersionResource, ListerWatcherOptions, IListerWatcher> sources,
        SharedInformerOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null
    )
    {
        _sources = sources;
        _options = options ?? new SharedInformerOptions();
        _time = time ?? TimeProvider.System;
        _loggers = loggers ?? NullLoggerFactory.Instance;
    }

    /// <summary>The informers created so far.</summary>
    public IEnumerable<SharedInformer> Informers
    {
        get
        {
            lock (_gate)
            {
                return [.. _informers.Values.Select(made => made.Informer)];
            }
        }
    }

    /// <summary>
    /// The informer of a resource, created on the first call; it must be started (<see cref="SharedInformer.Start"/>,
    /// or <see cref="Start"/> for all).
    /// </summary>
    /// <param name="resource">
    /// Any resource that the server has, built in or custom: <see cref="KnownResources"/>,
    /// <see cref="GroupVersionResource.Parse"/>, discovery.
    /// </param>
    /// <param name="selection">
    /// Namespace, selectors, metadata only; null for everything. Equal values give the same informer, with the limits
    /// of the first call.
    /// </param>
    /// <param name="options">
    /// The options of this informer; null for the factory's. They apply at the first call for it.
    /// </param>
    /// <exception cref="ObjectDisposedException">The factory was disposed.</exception>
    /// <exception cref="InvalidOperationException">The informer exists with other options.</exception>
    public SharedInformer ForResource(
        GroupVersionResource resource,
        ListerWatcherOptions? selection = null,
        SharedInformerOptions? options = null
    )
    {
        selection ??= new ListerWatcherOptions();
        var key = (resource, selection.Namespace, selection.LabelSelector, selection.FieldSelector, selection.MetadataOnly);
        if (Find(key) is not { } made)
        {
            // Outside of the lock: the source is the user's to make. One that comes too late was never started, and is
            // left to the collector.
            var fresh = (Make(resource, selection, options ?? _options), options ?? _options);
            made = Add(key, fresh);
        }

        return options is null || ReferenceEquals(options, made.Options)
            ? made.Informer
            : throw new InvalidOperationException(
                $"the informer of {resource.GroupResource} is shared and was created with other options: pass the "
                    + "options at the first call, or create a separate SharedInformer"
            );
    }

    /// <summary>Starts every informer that is not running; may be called again after more were created.</summary>
    public void Start()
    {
        foreach (var informer in Informers)
        {
            if (!informer.IsStopped)
            {
                informer.Start();
            }
        }
    }

    /// <summary>
    /// Waits until every informer has its first list; returns the ones that have not when the token ended, and why
    /// (client-go's <c>WaitForCacheSync</c>, without polling).
    /// </summary>
    public async Task<IReadOnlyList<(GroupVersionResource Resource, string Reason)>> WaitForSyncAsync(CancellationToken cancellationToken)
    {
        var missing = new List<(GroupVersionResource, string)>();
        foreach (var informer in Informers)
        {
            try
            {
                await informer.WhenSynced.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                missing.Add((informer.Resource, informer.Freshness.Reason ?? "stopped"));
            }
        }

        return missing;
    }

    /// <summary>Stops and disposes every informer.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopped = true;
        }

        foreach (var informer in Informers)
        {
            await informer.DisposeAsync();
        }

        await DisposeClientAsync();
    }

    /// <summary>
    /// The informer of a key; none before the first call, or after it was disposed of: the next call creates a new one.
    /// </summary>
    private (SharedInformer Informer, SharedInformerOptions Options)? Find((GroupVersionResource, string?, string?, string?, bool) key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            return _informers.TryGetValue(key, out var made) && !made.Informer.IsStopped ? made : null;
        }
    }

    private (SharedInformer Informer, SharedInformerOptions Options) Add(
        (GroupVersionResource, string?, string?, string?, bool) key,
        (SharedInformer Informer, SharedInformerOptions Options) fresh
    )
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_informers.TryGetValue(key, out var made) && !made.Informer.IsStopped)
            {
                return made;
            }

            return _informers[key] = fresh;
        }
    }

    private SharedInformer Make(GroupVersionResource resource, ListerWatcherOptions selection, SharedInformerOptions options) =>
        new(_sources(resource, selection), options, _time, _loggers.CreateLogger<SharedInformer>());
}
