using Microsoft.Extensions.Logging;
using Vigia.Informers;
using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// The API server's own history of one resource, from before this process had its first list: the changes missed by
/// clients that return to a new replica. One watch for all of them, and one for each label selector in use: only the
/// server knows an object's labels before they changed.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> At most one watch is open at the API server at a time, for any number of clients, and none once
/// the history has reached the start of the informer's log. Events come in the server's order and unchanged. Replayed
/// events are kept for a minute, bounded in number and bytes, for later clients. Thread-safe. The watch ends when the
/// last reader has left.
/// </remarks>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The source has no timer and no handle: there is nothing to dispose of."
)]
internal sealed partial class HistoryReplay(SharedInformer informer, string? labels, TimeProvider time, ILogger logger)
{
    private const int MostEvents = 16_384;
    private const long MostBytes = 64L << 20;
    private const int MostAtOnce = 256;

    // Clients of a replica that went away come back together: the oldest of them decides where the watch begins.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WatchTimeout = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Pulse _changed = new();
    private readonly List<(ulong Revision, Delta Delta)> _events = [];
    private ulong? _from;
    private ulong _reached;
    private ulong? _gone;
    private ulong? _wanted;
    private long _bytes;
    private bool _isComplete;
    private int _readers;
    private CancellationTokenSource? _stopping;
    private Task _run = Task.CompletedTask;
    private ITimer? _dropping;

    /// <summary>Ends when there may be more to read. Take it before reading.</summary>
    public Task NextChange => _changed.Next;

    /// <summary>True if there is no reader and nothing is kept.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _readers == 0 && _from is null;
            }
        }
    }

    /// <summary>
    /// Begins to read after a revision. Dispose of the reader when it has caught up, or its client has left.
    /// </summary>
    public Reader ReadAfter(ulong revision)
    {
        lock (_gate)
        {
            _readers++;
        }

        return new Reader(this, revision);
    }

    /// <summary>Drops the kept events: the informer has ended.</summary>
    public void Drop()
    {
        CancellationTokenSource? stopping;
        lock (_gate)
        {
            stopping = _stopping;
            Forget();
        }

        stopping?.Cancel();
        _changed.Fire();
    }

    private bool Read(ulong after, List<Delta> into, out ulong reached)
    {
        lock (_gate)
        {
            reached = after;
            if (_from is { } from && from <= after && (after < _reached || !_isComplete))
            {
                var at = FirstAfter(after);
                while (at < _events.Count && into.Count < MostAtOnce)
                {
                    into.Add(_events[at].Delta);
                    reached = _events[at].Revision;
                    at++;
                }

                reached = at == _events.Count && _reached > reached ? _reached : reached;
                return true;
            }

            if (_gone is { } gone && after <= gone)
            {
                return false;
            }

            if (_wanted is null || after < _wanted)
            {
                _wanted = after;
            }

            if (_stopping is null)
            {
                _stopping = new CancellationTokenSource();
                var stopping = _stopping;
                _run = Task.Run(() => RunAsync(stopping), CancellationToken.None);
            }

            return true;
        }
    }

    private int FirstAfter(ulong revision)
    {
        var (low, high) = (0, _events.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _events[middle].Revision > revision ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private async Task LeaveAsync()
    {
        Task run;
        CancellationTokenSource? stopping;
        lock (_gate)
        {
            if (--_readers > 0)
            {
                return;
            }

            (stopping, run) = (_stopping, _run);
            if (_isComplete || _gone is not null)
            {
                _dropping ??= time.CreateTimer(_ => DropUnused(), null, KeptFor, Timeout.InfiniteTimeSpan);
            }
        }

        // Outside of the lock: what ends with the token runs here. It holds no timer and no handle, so nothing is to be
        // disposed of.
        stopping?.Cancel();
        await run;
    }

    private void DropUnused()
    {
        lock (_gate)
        {
            if (_readers == 0)
            {
                Forget();
            }
        }
    }

    private void Forget()
    {
        _dropping?.Dispose();
        _events.Clear();
        _events.TrimExcess();
        (_dropping, _from, _reached, _gone, _bytes, _isComplete) = (null, null, 0, null, 0, false);
    }

    private async Task RunAsync(CancellationTokenSource stopping)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Gathering, time, stopping.Token);
                if (!Begin(stopping, out var from))
                {
                    return;
                }

                await WatchAsync(from, stopping.Token);
                _changed.Fire();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // There are no more readers.
        }
        finally
        {
            lock (_gate)
            {
                _stopping = _stopping == stopping ? null : _stopping;
                if (!_isComplete && stopping.IsCancellationRequested)
                {
                    Forget();
                }
            }

            _changed.Fire();
        }
    }

    /// <summary>The revision to watch from now; false if no reader needs more.</summary>
    private bool Begin(CancellationTokenSource stopping, out ulong from)
    {
        lock (_gate)
        {
            if (_wanted is not { } wanted)
            {
                _stopping = null;
                from = 0;
                return false;
            }

            Forget();
            (_wanted, _from, _reached, from) = (null, wanted, wanted, wanted);
            return !stopping.IsCancellationRequested;
        }
    }

    /// <summary>
    /// Watches until the log can take over, a reader needs an earlier start, or the server has no more history.
    /// </summary>
    private async Task WatchAsync(ulong from, CancellationToken cancellationToken)
    {
        var known = new Dictionary<ObjectKey, RawObject>();
        try
        {
            await using var stream = await informer.Source.WatchAsync(
                new WatchRequest(ResourceVersion.FromNumber(from), WatchTimeout, LabelSelector: labels),
                cancellationToken
            );
            while (await stream.ReadAsync(cancellationToken) is { } read && read.Type != WatchEventType.Error)
            {
                if (!Add(read, known))
                {
                    return;
                }

                _changed.Fire();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
            when (error
                    is KubernetesApiException
                        or KubernetesConnectionException
                        or IOException
                        or ObjectFormatException
                        or HttpRequestException
            )
        {
            // Not silent: each client receives a reset with the reason.
        }
        catch (Exception fault)
        {
            // Whatever failed, no reader may wait for a watch that has ended.
            LogFault(informer.Source.Cluster, informer.Resource.GroupResource, fault);
        }

        lock (_gate)
        {
            Forget();
            _gone = from;
        }
    }

    /// <summary>Keeps an event; false if the watch has done its work.</summary>
    private bool Add(WatchEvent read, Dictionary<ObjectKey, RawObject> known)
    {
        lock (_gate)
        {
            var revision = read.ResourceVersion.Number;
            if (DeltaOf(read, known) is { } delta)
            {
                _events.Add((revision, delta));
                _bytes += delta.Object.KeptLength;
            }

            _reached = Math.Max(_reached, revision);
            if (_events.Count > MostEvents || _bytes > MostBytes)
            {
                var from = _from;
                Forget();
                _gone = from;
                return false;
            }

            _isComplete =
                informer.Log.FirstRevision is { IsNumber: true } first
                && _reached >= first.Number
                && informer.Log.OpenAfter(ResourceVersion.FromNumber(_reached)) is not null;
            return !_isComplete && !(_wanted < _from);
        }
    }

    private Delta? DeltaOf(WatchEvent read, Dictionary<ObjectKey, RawObject> known)
    {
        if (read.Object is not { } o)
        {
            return null;
        }

        known.Remove(o.Key, out var old);
        if (read.Type == WatchEventType.Deleted)
        {
            return Delta.Create(DeltaKind.Deleted, o, null, read.ResourceVersion, time.GetUtcNow());
        }

        known[o.Key] = o;
        return Delta.Create(
            read.Type == WatchEventType.Added ? DeltaKind.Added : DeltaKind.Updated,
            old,
            o,
            read.ResourceVersion,
            time.GetUtcNow()
        );
    }

    [LoggerMessage(
        3006,
        LogLevel.Error,
        "{Cluster}: replaying the history of {Resource} failed; clients that need it are reset. This is a "
            + "bug in Vigia: please report it with this trace"
    )]
    private partial void LogFault(string cluster, string resource, Exception fault);

    /// <summary>One client's place in the replay. For one user at a time.</summary>
    public sealed class Reader : IAsyncDisposable
    {
        private readonly HistoryReplay _replay;
        private int _left;

        internal Reader(HistoryReplay replay, ulong revision) => (_replay, Reached) = (replay, revision);

        /// <summary>Everything up to this revision was read.</summary>
        public ulong Reached { get; private set; }

        /// <summary>Ends when there may be more to read. Take it before reading.</summary>
        public Task NextChange => _replay.NextChange;

        /// <summary>
        /// Takes available events, without waiting; false if the API server no longer has this history, or its watch
        /// broke.
        /// </summary>
        public bool Read(List<Delta> into)
        {
            into.Clear();
            var goesOn = _replay.Read(Reached, into, out var reached);
            Reached = reached;
            return goesOn;
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                await _replay.LeaveAsync();
            }
        }
    }
}
