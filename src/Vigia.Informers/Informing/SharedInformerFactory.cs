using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Informers.Informing;

/// <summary>One informer per resource and selector of a cluster, shared by whoever asks (client-go's <c>SharedInformerFactory</c>).</summary>
/// <remarks><b>Guarantees.</b> The same question gets the same informer. Safe on any thread. Owns its informers; does not own what the lister-watchers use.</remarks>
public sealed class SharedInformerFactory : IAsyncDisposable
{
    private readonly Func<GroupVersionResource, ListerWatcherOptions, IListerWatcher> _sources;
    private readonly SharedInformerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ConcurrentDictionary<(GroupVersionResource, string?, string?, string?, bool), Lazy<SharedInformer>> _informers = new();
    private int _stopped;

    /// <summary>Makes a factory.</summary>
    /// <param name="sources">Makes the lister-watcher of a resource: <c>(gvr, o) => new ResourceListerWatcher(client, "prod", gvr, o)</c>.</param>
    /// <param name="options">For every informer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where informers log.</param>
    public SharedInformerFactory(
        Func<GroupVersionResource, ListerWatcherOptions, IListerWatcher> sources,
        SharedInformerOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null)
    {
        _sources = sources;
        _options = options ?? new SharedInformerOptions();
        _time = time ?? TimeProvider.System;
        _loggers = loggers ?? NullLoggerFactory.Instance;
    }

    /// <summary>The informers made so far.</summary>
    public IEnumerable<SharedInformer> Informers => _informers.Values.Where(lazy => lazy.IsValueCreated).Select(lazy => lazy.Value);

    /// <summary>The informer of a resource, made if nobody asked before; it must be started (<see cref="SharedInformer.Start"/>, or <see cref="Start"/> for all).</summary>
    /// <exception cref="InvalidOperationException">The factory was disposed.</exception>
    public SharedInformer ForResource(GroupVersionResource resource, ListerWatcherOptions? selection = null)
    {
        selection ??= new ListerWatcherOptions();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stopped) != 0, this);
        var key = (resource, selection.Namespace, selection.LabelSelector, selection.FieldSelector, selection.MetadataOnly);
        return _informers.GetOrAdd(
            key,
            _ => new Lazy<SharedInformer>(() => new SharedInformer(_sources(resource, selection), _options, _time, _loggers.CreateLogger<SharedInformer>()))).Value;
    }

    /// <summary>Starts every informer that is not started; may be called again after more were asked for.</summary>
    public void Start()
    {
        foreach (var informer in Informers)
        {
            informer.Start();
        }
    }

    /// <summary>Waits until every informer has its first list; returns the ones that have not when the token ended, and why (client-go's <c>WaitForCacheSync</c>, without polling).</summary>
    public async Task<IReadOnlyList<(GroupVersionResource Resource, string Reason)>> WaitForSyncAsync(CancellationToken cancellationToken)
    {
        var missing = new List<(GroupVersionResource, string)>();
        foreach (var informer in Informers.ToArray())
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
        Interlocked.Exchange(ref _stopped, 1);
        foreach (var informer in Informers.ToArray())
        {
            await informer.DisposeAsync();
        }
    }
}
