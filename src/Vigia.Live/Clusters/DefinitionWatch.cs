using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vigia.Catalog.Definitions;
using Vigia.Informers;
using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>Follows the custom resource definitions of a cluster.</summary>
/// <remarks>
/// The informer caches metadata only: definitions have schemas of up to a megabyte, and a cluster may have hundreds. A
/// changed definition is read once, by a list of one item (which needs no right beyond list and watch), and only a few
/// hundred bytes of it are kept. On demand, only the definitions that somebody asked for are read.
/// </remarks>
internal sealed partial class DefinitionWatch : IAsyncDisposable
{
    private const int Batch = 256;
    private static readonly TimeSpan ReadAgain = TimeSpan.FromSeconds(2);

    private readonly IClusterSource _source;
    private readonly SharedInformer _informer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<IReadOnlyDictionary<string, CustomDefinition>> _changed;
    private readonly Dictionary<string, CustomDefinition> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirty = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, byte>? _wanted;
    private readonly ConcurrentQueue<(string Name, TaskCompletionSource Done)> _requests = new();
    private readonly Pulse _asked = new();
    private Task? _loop;

    /// <summary>
    /// Creates a watch; <paramref name="changed"/> is given all definitions that were read whenever they change, or
    /// whenever one that was not read changes.
    /// </summary>
    public DefinitionWatch(
        IClusterSource source,
        SharedInformerOptions? options,
        TimeProvider time,
        ILoggerFactory loggers,
        Action<IReadOnlyDictionary<string, CustomDefinition>> changed,
        bool onDemand = false
    )
    {
        (_source, _time, _changed) = (source, time, changed);
        _wanted = onDemand ? new(StringComparer.Ordinal) : null;
        _logger = loggers.CreateLogger<DefinitionWatch>();
        _informer = new SharedInformer(
            source.ListerWatcher(KnownResources.CustomResourceDefinitions, new ListerWatcherOptions { MetadataOnly = true }),
            options,
            time,
            loggers.CreateLogger<SharedInformer>()
        );
    }

    /// <summary>The state of the watch of the definitions.</summary>
    public InformerStatus Status => _informer.Status;

    /// <summary>A waiting retry starts now.</summary>
    public void RetryNow() => _informer.RetryNow();

    /// <summary>Begins to watch.</summary>
    public void Start()
    {
        _informer.Start();
        _loop ??= Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>
    /// Has a definition read, now and whenever it changes. Ends when it was read and reported, or cannot be read now.
    /// </summary>
    public Task RequestAsync(string name)
    {
        if (_wanted is null || !_wanted.TryAdd(name, 0))
        {
            return Task.CompletedTask;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Enqueue((name, done));
        _asked.Fire();
        return done.Task;
    }

    /// <summary>Returns when the first list of definitions is there, or is known not to come for now.</summary>
    public Task SettledAsync(CancellationToken cancellationToken) =>
        FeedLoading.SettledAsync(_informer, static () => false, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is { } loop)
        {
            await loop;
        }

        await _informer.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var deltas = new List<Delta>(Batch);
        try
        {
            await _informer.WhenSynced.WaitAsync(cancellationToken);
            var cursor = Restart();
            var first = true;
            while (true)
            {
                // 1. Take the changes before they are read.
                var change = _informer.Log.NextChange;
                var asked = _asked.Next;
                var any = first;
                first = false;
                var answered = TakeRequests();
                if (cursor.Read(deltas, Batch) == CursorReading.Reset)
                {
                    cursor = Restart();
                    any = true;
                }

                foreach (var delta in deltas)
                {
                    var name = delta.Object.Name;
                    if (delta.Kind == DeltaKind.Deleted)
                    {
                        _dirty.Remove(name);
                        any |= _known.Remove(name);
                    }
                    else if (IsWanted(name))
                    {
                        _dirty.Add(name);
                    }

                    // Of one that nobody wants all that is known is that the server's resources have changed.
                    any |= !IsWanted(name);
                }

                // 2. Read those that are new or changed.
                foreach (var name in _dirty.ToArray())
                {
                    if (await ReadAsync(name, cancellationToken) is not { } changed)
                    {
                        // The server does not answer: the rest would not be answered either, and waits together.
                        break;
                    }

                    any |= changed;
                }

                if (any)
                {
                    _changed(new Dictionary<string, CustomDefinition>(_known, StringComparer.Ordinal));
                }

                answered.ForEach(done => done.TrySetResult());

                // 3. Wait for more. What could not be read is tried again.
                if (deltas.Count == 0)
                {
                    await (
                        _dirty.Count == 0
                            ? Task.WhenAny(change, asked).WaitAsync(cancellationToken)
                            : Task.WhenAny(change, asked, Task.Delay(ReadAgain, _time, cancellationToken))
                    );
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private bool IsWanted(string name) => _wanted?.ContainsKey(name) != false;

    /// <summary>Marks the definitions that were asked for as to be read; returns those who wait for that.</summary>
    private List<TaskCompletionSource> TakeRequests()
    {
        var waiting = new List<TaskCompletionSource>();
        while (_requests.TryDequeue(out var request))
        {
            waiting.Add(request.Done);
            if (_informer.Store.Get(new ObjectKey("", request.Name)) is not null)
            {
                _dirty.Add(request.Name);
            }
        }

        return waiting;
    }

    private DeltaCursor Restart()
    {
        var (snapshot, cursor) = _informer.Log.OpenWithSnapshot();
        _dirty.Clear();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var definition in snapshot)
        {
            names.Add(definition.Name);
            if (IsWanted(definition.Name))
            {
                _dirty.Add(definition.Name);
            }
        }

        foreach (var gone in _known.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            _known.Remove(gone);
        }

        return cursor;
    }

    private async Task<bool?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var sink = new OneItem();
            var lister = _source.ListerWatcher(
                KnownResources.CustomResourceDefinitions,
                new ListerWatcherOptions { FieldSelector = $"metadata.name={name}" }
            );
            await lister.ListAsync(new ListRequest(), sink, cancellationToken);
            _dirty.Remove(name);
            if (sink.Json is not { } json || DefinitionReader.Read(json) is not { } definition)
            {
                // Not established yet (its condition will be a change of its own), or deleted in between.
                return _known.Remove(name);
            }

            if (_known.TryGetValue(name, out var known) && known.Signature == definition.Signature)
            {
                return false;
            }

            _known[name] = definition;
            return true;
        }
        catch (Exception failed) when (failed is JsonException or ObjectFormatException)
        {
            // It will not become readable by itself: its next change is a new chance.
            _dirty.Remove(name);
            LogUnreadable(_source.Name, name, failed.Message);
            return _known.Remove(name);
        }
        catch (Exception failed)
            when (failed is KubernetesApiException or KubernetesConnectionException or IOException or HttpRequestException)
        {
            LogNotRead(_source.Name, name, failed.Message);
            return failed is KubernetesApiException ? false : null;
        }
    }

    [LoggerMessage(
        3011,
        LogLevel.Warning,
        "{Cluster}: the CustomResourceDefinition {Name} is not valid; its resource is not served: {Reason}"
    )]
    private partial void LogUnreadable(string cluster, string name, string reason);

    [LoggerMessage(3012, LogLevel.Warning, "{Cluster}: the CustomResourceDefinition {Name} cannot be read now; retrying: {Reason}")]
    private partial void LogNotRead(string cluster, string name, string reason);

    private sealed class OneItem : IListSink
    {
        public byte[]? Json { get; private set; }

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item)
        {
            using var body = item.Open();
            Json = body.Span.ToArray();
        }
    }
}
