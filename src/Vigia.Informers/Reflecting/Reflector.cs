using Microsoft.Extensions.Logging;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Watching;

namespace Vigia.Informers.Reflecting;

/// <summary>Keeps a cache equal to a resource of an API server: list, then watch, for ever (client-go <c>tools/cache/reflector.go</c>).</summary>
/// <remarks>
/// Pipeline step 3 (docs/architecture.md). The decisions are <see cref="ReflectorMachine"/>'s; here is what is done. One loop, one request at a time; it ends only when it is cancelled.
/// </remarks>
internal sealed partial class Reflector(
    IListerWatcher source,
    IReflectorTarget target,
    InformerCounters counters,
    ReflectorOptions options,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    // A paged answer to a list from the cache means that the server has no cache: then pages for good (client-go's paginatedResult).
    private bool _alwaysPage;
    private const int LongestRun = 512;

    private IWatchStream? _stream;
    private TaskCompletionSource? _waiting;

    // Set by others, at any time: the cache was found to be wrong. The repair under way, and what it repairs.
    private readonly Lock _gate = new();
    private Distrust? _distrust;
    private Distrust? _repairing;
    private TaskCompletionSource _repaired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _standing;
    private readonly Silence _silence = new(options.SilenceLimit, time);
    private bool _ended;

    // Of the open stream: when it was asked for, and after how long the server was asked to end it.
    private long _asked;
    private TimeSpan _timeout;

    /// <summary>If it waits after a failure, the wait ends now: whoever calls knows that the reason is gone. A failure after that waits as long as it would have.</summary>
    public void RetryNow() => Volatile.Read(ref _waiting)?.TrySetResult();

    /// <summary>The cache was found to be wrong: whatever stands is ended, and everything is listed anew. The task ends when that is done; it is cancelled when the reflector stops before.</summary>
    public Task Distrust(Distrust found)
    {
        CancellationTokenSource? standing;
        Task repaired;
        lock (_gate)
        {
            if (_ended)
            {
                return Task.FromCanceled(new CancellationToken(true));
            }

            _distrust = found;
            (standing, repaired) = (_standing, _repaired.Task);
        }

        standing?.Cancel();
        return repaired;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var state = ReflectorState.Start(options.StreamingList);
        var lastFailure = time.GetTimestamp();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                // 1. What others found comes before what the machine decided.
                if (TakeDistrust() is { } found)
                {
                    state = found.IsOtherHistory
                        ? ReflectorMachine.Next(state, new(ReflectorEnding.Distrusted, found.Reason), NextDouble(), options.Backoff) with { Source = ListSource.Restored }
                        : ReflectorMachine.Next(state, new(ReflectorEnding.Distrusted, found.Reason), NextDouble(), options.Backoff);
                }

                // Wait, if something failed.
                if (state.Wait > TimeSpan.Zero)
                {
                    target.Report(state, ReflectorActivity.Waiting);
                    await WaitAsync(state.Wait, cancellationToken);
                }

                // 2. One request, to its end.
                var outcome = await StepAsync(state, cancellationToken);
                if (outcome.Ending == ReflectorEnding.Undecodable)
                {
                    Interlocked.Increment(ref counters._undecodable);
                }

                // 3. Decide.
                if (outcome.WasOfUse)
                {
                    // Quiet is a watch that stood; a request that took minutes to fail is not.
                    var wasQuiet = time.GetElapsedTime(lastFailure) > options.Backoff.Quiet;
                    state = state with { Failures = 0, BackoffSteps = wasQuiet ? 0 : state.BackoffSteps, Relists = wasQuiet ? 0 : state.Relists };
                }

                var next = ReflectorMachine.Next(state, outcome, NextDouble(), options.Backoff);
                if (outcome.Ending is not (ReflectorEnding.Done or ReflectorEnding.Completed))
                {
                    lastFailure = time.GetTimestamp();
                    LogEnded(source.Cluster, source.Resource.GroupResource, state.Phase, outcome.Ending, next.Failures, next.Phase, next.Wait.TotalMilliseconds, outcome.Reason);
                }

                state = next;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped: the way out.
        }
        finally
        {
            await CloseAsync();
            lock (_gate)
            {
                _ended = true;
                _repaired.TrySetCanceled(CancellationToken.None);
            }

            target.Report(state with { Reason = "stopped" }, ReflectorActivity.Stopped);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _waiting, woken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = Task.Delay(wait, time, ending.Token);
        await Task.WhenAny(over, woken.Task);
        Volatile.Write(ref _waiting, null);
        if (!over.IsCompleted)
        {
            await ending.CancelAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<ReflectorOutcome> StepAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        try
        {
            return state.Phase switch
            {
                ReflectorPhase.List => await ListAsync(state, cancellationToken),
                ReflectorPhase.StreamingList => await StreamingListAsync(state, cancellationToken),
                ReflectorPhase.Probe => await ProbeAsync(state, cancellationToken),
                _ => await WatchAsync(state, cancellationToken),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            await CloseAsync();
            return ReflectorErrors.OutcomeOf(error, source);
        }
    }

    private async Task<ReflectorOutcome> ListAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        target.Report(state, ReflectorActivity.Listing);
        var seen = target.Revision;
        var revision = state.Source switch
        {
            ListSource.Cache when seen.IsNone => target.Newest is { IsNone: false } shown ? shown : ResourceVersion.Any,
            ListSource.Cache => seen,
            ListSource.NotOlderThanSeen => seen,
            _ => ResourceVersion.None,
        };

        // A limit bypassed the server's cache when a revision is given (before 1.31), and is ignored with revision 0.
        var limit = _alwaysPage || revision.IsNone || revision == ResourceVersion.Any ? options.PageSize : 0;
        var belief = state.Source switch
        {
            ListSource.Restored => ListBelief.Restored,
            ListSource.Repair => ListBelief.Repair,
            _ => ListBelief.Usual,
        };
        target.BeginList(belief, _repairing?.Since ?? default);
        var request = new ListRequest(revision, Limit: limit);
        var listed = ResourceVersion.None;
        while (true)
        {
            ListPage page;
            try
            {
                page = await source.ListAsync(request, target, cancellationToken);
            }
            catch (KubernetesApiException expired) when (expired.IsExpired && request.Continue is not null)
            {
                // The token outlived the server's patience: everything in one answer, at the revision first asked for (client-go's pager).
                target.BeginList(belief, _repairing?.Since ?? default);
                request = new ListRequest(revision);
                listed = ResourceVersion.None;
                continue;
            }

            listed = listed.IsNone ? page.ResourceVersion : listed;
            if (page.Continue.Length == 0)
            {
                break;
            }

            _alwaysPage |= revision == ResourceVersion.Any;
            request = new ListRequest(Limit: limit, Continue: page.Continue);
        }

        if (state.Source != ListSource.Restored && listed.IsOlderThan(seen))
        {
            return new(ReflectorEnding.WentBack, $"{source.Cluster} answers at revision {listed}, though {seen} was seen before: it was restored to an older state");
        }

        if (belief == ListBelief.Repair && target.HasOtherHistory)
        {
            return new(ReflectorEnding.WentBack, $"{source.Cluster} has older versions of {source.Resource.GroupResource} than were seen before: it was restored to an older state, and has counted past it since");
        }

        target.EndList(listed);
        if (belief != ListBelief.Usual)
        {
            EndRepair();
        }

        return new(ReflectorEnding.Done);
    }

    private async Task<ReflectorOutcome> ProbeAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        target.Report(state, ReflectorActivity.Connecting);
        var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, cancellationToken);
        return page.ResourceVersion.IsOlderThan(target.Revision)
            ? WentBack(page.ResourceVersion)
            : new(ReflectorEnding.Done);
    }

    private async Task<ReflectorOutcome> StreamingListAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        target.Report(state, ReflectorActivity.Listing);
        target.BeginList(ListBelief.Usual);
        using var impatience = new CancellationTokenSource(options.StreamingListPatience, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatience.Token);
        try
        {
            (_asked, _timeout) = (time.GetTimestamp(), WatchTimeout());
            _stream = await source.WatchAsync(new WatchRequest(ResourceVersion.None, _timeout, SendInitialEvents: true), patience.Token);
            while (await _stream.ReadAsync(patience.Token) is { } read)
            {
                impatience.CancelAfter(options.StreamingListPatience);
                switch (read.Type)
                {
                    case WatchEventType.Bookmark when read.IsInitialEventsEnd:
                        target.EndList(read.ResourceVersion);
                        return new(ReflectorEnding.Done);
                    case WatchEventType.Added or WatchEventType.Modified when target.Wants(read.Object!.Key, read.Object.Identity, read.Object.ResourceVersion):
                        target.Item(read.Object);
                        break;
                    case WatchEventType.Deleted:
                        target.Apply([read]);
                        break;
                    case WatchEventType.Error:
                        await CloseAsync();
                        var error = ReflectorErrors.OutcomeOf(read.Status!, source);
                        return error.Ending is ReflectorEnding.Expired or ReflectorEnding.Throttled ? error : Unsupported(error.Reason!);
                }
            }

            await CloseAsync();
            return new(ReflectorEnding.Disconnected, $"{source.Cluster} ended the streaming list of {source.Resource.GroupResource} before its last item");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await CloseAsync();
            return new(ReflectorEnding.Unsupported, $"{source.Cluster} did not finish a streaming list of {source.Resource.GroupResource} in time; listing plainly");
        }
        catch (KubernetesApiException refused) when (!refused.IsTooManyRequests && !refused.IsExpired && !refused.IsTooLargeResourceVersion)
        {
            // Whatever it is, a plain list either works or says better what is wrong.
            await CloseAsync();
            return Unsupported(refused.Message);
        }

        ReflectorOutcome Unsupported(string why) => new(ReflectorEnding.Unsupported, $"{source.Cluster} refuses streaming lists ({why}); listing plainly");
    }

    private async Task<ReflectorOutcome> WatchAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var opened = time.GetTimestamp();
        if (_stream is null)
        {
            (_asked, _timeout) = (opened, WatchTimeout());
        }

        // The server ends a watch by itself: one that lives on in silence is a connection that died unnoticed. What goes on after a streaming list began with that list.
        var left = _timeout + options.WatchGrace - time.GetElapsedTime(_asked);
        using var overdue = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        var standing = new CancellationTokenSource();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue.Token, standing.Token);
        var silent = default(TimeSpan?);
        if (!Stand(standing))
        {
            // Something was found to be wrong just now: that comes first.
            await CloseAsync();
            return new(ReflectorEnding.Completed);
        }

        var began = target.Revision;
        try
        {
            if (_stream is null)
            {
                target.Report(state, ReflectorActivity.Connecting);
                _stream = await OpenAsync(new WatchRequest(began, _timeout), state, deadline.Token);
            }

            target.Report(state with { Failures = 0, Reason = null, IsDenied = false }, ReflectorActivity.Live);
            _silence.Begin(() =>
            {
                silent = _silence.Quiet;
                standing.Cancel();
            });
            var batch = new List<WatchEvent>(options.BatchSize);
            var unbroken = 0;
            var isProven = options.ProofPatience == Timeout.InfiniteTimeSpan;
            while (true)
            {
                var reading = ReadBatchAsync(batch, deadline.Token);
                unbroken = reading.IsCompleted ? unbroken + batch.Count : 0;
                (WatchEvent? Last, ObjectFormatException? Undecodable) read;
                if (isProven || reading.IsCompleted)
                {
                    read = await reading;
                }
                else
                {
                    var first = reading.AsTask();
                    if (await ProveAsync(first, deadline.Token) is { } wentBack)
                    {
                        overdue.Cancel();
                        await Task.WhenAny(first);
                        cancellationToken.ThrowIfCancellationRequested();
                        await CloseAsync();
                        return wentBack;
                    }

                    read = await first;
                }

                isProven = true;
                var (last, undecodable) = read;
                if (batch.Count > 0)
                {
                    _silence.Heard(batch.Exists(static read => read.Type == WatchEventType.Bookmark));
                }

                if (unbroken > LongestRun)
                {
                    // A backlog is read without ever waiting: those who handle it need the processor too.
                    unbroken = 0;
                    await Task.Yield();
                }

                if (!target.Apply(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch)))
                {
                    await CloseAsync();
                    return new(ReflectorEnding.WentBack, $"{source.Cluster} sent a version of {source.Resource.GroupResource} older than one seen before", WasOfUse: WasOfUse());
                }

                if (undecodable is not null)
                {
                    await CloseAsync();
                    return new(ReflectorEnding.Undecodable, $"{source.Cluster} sent an event of {source.Resource.GroupResource} that cannot be read: {undecodable.Message}", WasOfUse: WasOfUse());
                }

                switch (last)
                {
                    case null:
                        await CloseAsync();
                        return WasOfUse()
                            ? new(ReflectorEnding.Completed, WasOfUse: true)
                            : new(ReflectorEnding.EndedAtOnce, $"{source.Cluster} ended the watch of {source.Resource.GroupResource} at once");
                    case { Type: WatchEventType.Error } error:
                        await CloseAsync();
                        var ended = ReflectorErrors.OutcomeOf(error.Status!, source) with { WasOfUse = WasOfUse() };
                        return ended.Ending == ReflectorEnding.Unavailable ? ended with { Ending = ReflectorEnding.ErrorEvent } : ended;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && standing.IsCancellationRequested)
        {
            await CloseAsync();
            if (silent is not { } quiet)
            {
                return new(ReflectorEnding.Completed, WasOfUse: WasOfUse());
            }

            Interlocked.Increment(ref counters._silences);
            return new(ReflectorEnding.Disconnected, $"{source.Cluster} has sent neither an event nor a bookmark of {source.Resource.GroupResource} since {time.GetUtcNow() - quiet:yyyy-MM-dd'T'HH:mm:ss'Z'}; opening the watch again", WasOfUse: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await CloseAsync();
            return new(ReflectorEnding.Disconnected, $"{source.Cluster} neither sent anything nor ended the watch of {source.Resource.GroupResource} within {_timeout + options.WatchGrace}", WasOfUse: true);
        }
        catch (Exception error) when (_stream is not null && error is not OperationCanceledException)
        {
            // A stream that had stood: reconnect at once. One that had not: as any failed request.
            await CloseAsync();
            return ReflectorErrors.OutcomeOf(error, source) with { Ending = ReflectorEnding.Disconnected, WasOfUse = WasOfUse() };
        }

        finally
        {
            _silence.End();
            Stand(null);
        }

        // It got somewhere, or stood for a while. Events alone prove nothing: a server may send the same ones each time and end.
        bool WasOfUse() => target.Revision != began || time.GetElapsedTime(opened) >= TimeSpan.FromSeconds(1);
    }

    /// <summary>
    /// A watch from a revision that the server has yet to reach is accepted and silent: so looks a server restored to an older state, when its connections were replaced before anybody read from them.
    /// A watch on which nothing has come for a while is therefore proven once, by the server's revision. Found by simulation (seeds 1937, 2446, 3124).
    /// </summary>
    /// <returns>That the server went back; null once something was read or the server is where it should be. What is read meanwhile is not held up.</returns>
    private async Task<ReflectorOutcome?> ProveAsync(Task first, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var proof = AskAsync(ended.Token);
        await Task.WhenAny(first, proof);
        ended.Cancel();
        var outcome = await proof;
        return first.IsCompleted ? null : outcome;

        async Task<ReflectorOutcome?> AskAsync(CancellationToken over)
        {
            while (true)
            {
                try
                {
                    await Task.Delay(options.ProofPatience, time, over);
                    var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, over);
                    return page.ResourceVersion.IsOlderThan(target.Revision) ? WentBack(page.ResourceVersion) : null;
                }
                catch (Exception error)
                {
                    if (over.IsCancellationRequested)
                    {
                        // Something was read, or the watch is overdue, or everything is stopped: who reads from it says so.
                        return null;
                    }

                    // The watch itself stands: asked again after as long.
                    LogUnproven(source.Cluster, source.Resource.GroupResource, error.Message);
                }
            }
        }
    }

    private ReflectorOutcome WentBack(ResourceVersion revision)
        => new(ReflectorEnding.WentBack, $"{source.Cluster} answers at revision {revision}, though {target.Revision} was seen before: it was restored to an older state");

    /// <summary>Opens a watch. One that is not answered for long may never be: what is held must not be called live meanwhile.</summary>
    private async Task<IWatchStream> OpenAsync(WatchRequest request, ReflectorState state, CancellationToken cancellationToken)
    {
        var opening = source.WatchAsync(request, cancellationToken);
        try
        {
            return await opening.WaitAsync(options.AnswerPatience, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!opening.IsCompleted)
        {
            target.Report(state with { Reason = $"{source.Cluster} has not answered the watch of {source.Resource.GroupResource} for {options.AnswerPatience}" }, ReflectorActivity.Connecting);
            return await opening;
        }
    }

    /// <summary>Reads one event and what else has come with it. An event that cannot be read ends the batch: those before it count.</summary>
    private async ValueTask<(WatchEvent? Last, ObjectFormatException? Undecodable)> ReadBatchAsync(List<WatchEvent> batch, CancellationToken cancellationToken)
    {
        batch.Clear();
        try
        {
            do
            {
                var read = await _stream!.ReadAsync(cancellationToken);
                if (read is not { } one || one.Type == WatchEventType.Error)
                {
                    return (read, null);
                }

                batch.Add(one);
            }
            while (batch.Count < options.BatchSize && _stream.HasBuffered);

            return (batch[^1], null);
        }
        catch (ObjectFormatException undecodable)
        {
            LogUndecodable(source.Cluster, source.Resource.GroupResource, undecodable.Message);
            return (null, undecodable);
        }
    }

    /// <summary>A watch stands that others may end, or none. False where somebody has asked for that already.</summary>
    private bool Stand(CancellationTokenSource? standing)
    {
        lock (_gate)
        {
            _standing = standing;
            return standing is null || _distrust is null;
        }
    }

    private Distrust? TakeDistrust()
    {
        lock (_gate)
        {
            var found = _distrust;
            _distrust = null;
            _repairing = found ?? _repairing;
            return found;
        }
    }

    private void EndRepair()
    {
        lock (_gate)
        {
            _repairing = null;
            if (_distrust is null)
            {
                _repaired.TrySetResult();
                _repaired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private TimeSpan WatchTimeout() => options.MinWatchTimeout * (1 + NextDouble());

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Jitter.")]
    private double NextDouble() => random.NextDouble();

    private async ValueTask CloseAsync()
    {
        var stream = _stream;
        _stream = null;
        if (stream is not null)
        {
            await stream.DisposeAsync();
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "{Cluster} {Resource}: {Phase} ended ({Ending}), failure {Failures} in a row; {Next} in {WaitMs:0} ms: {Reason}")]
    private partial void LogEnded(string cluster, string resource, ReflectorPhase phase, ReflectorEnding ending, int failures, ReflectorPhase next, double waitMs, string? reason);

    [LoggerMessage(2002, LogLevel.Error, "{Cluster} {Resource}: an event cannot be read, relisting: {Reason}")]
    private partial void LogUndecodable(string cluster, string resource, string reason);

    [LoggerMessage(2004, LogLevel.Information, "{Cluster} {Resource}: a silent watch could not be proven to stand at the server's present, asked again later: {Reason}")]
    private partial void LogUnproven(string cluster, string resource, string reason);

    private sealed class NoItems : IListSink
    {
        public static readonly NoItems Instance = new();

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => false;

        public void Item(RawObject item)
        {
        }
    }
}
