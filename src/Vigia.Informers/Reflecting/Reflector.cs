using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// Keeps a cache equal to a resource of an API server: list, then watch, forever (client-go
/// <c>tools/cache/reflector.go</c>).
/// </summary>
/// <remarks>
/// Pipeline step 3 (docs/architecture.md). <see cref="ReflectorMachine"/> decides; this class acts. One loop, one
/// request at a time; it ends only when it is cancelled.
/// </remarks>
internal sealed partial class Reflector(
    IListerWatcher source,
    IReflectorTarget target,
    InformerCounters counters,
    ReflectorOptions options,
    TimeProvider time,
    Random random,
    ILogger logger
)
{
    // A paged answer to a list from the cache means that the server has no cache: then pages for good (client-go's
    // paginatedResult).
    private bool _alwaysPage;

    private IWatchStream? _stream;

    // The wait under way, or the next one. What ends it may come while a request is still failing for the old reason:
    // it must not be lost.
    private TaskCompletionSource _mayRetry = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set by others, at any time: the cache was found to be wrong. The repair in progress, and its request.
    private readonly Lock _gate = new();
    private ResyncRequest? _resyncRequest;
    private ResyncRequest? _repairing;
    private TaskCompletionSource _repaired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _standing;
    private readonly WatchStallDetector _stallDetector = new(options.SilenceLimit, time);
    private bool _ended;

    // Of the open stream: when it was requested, and its timeout.
    private long _asked;
    private TimeSpan _timeout;

    /// <summary>
    /// A wait after a failure ends now; if a request is in progress and fails, it is retried without a wait. For a
    /// caller that knows that the cause is gone. A later failure waits as long as it would have.
    /// </summary>
    public void RetryNow() => Volatile.Read(ref _mayRetry).TrySetResult();

    /// <summary>
    /// The cache is wrong: the current request is ended, and everything is relisted. The task ends when that is done;
    /// it is cancelled if the reflector stops first.
    /// </summary>
    public Task RequestResync(ResyncRequest found)
    {
        CancellationTokenSource? standing;
        Task repaired;
        lock (_gate)
        {
            if (_ended)
            {
                return Task.FromCanceled(new CancellationToken(true));
            }

            _resyncRequest = found;
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
                // 1. Requests of others come before the machine's decision.
                if (TakeResyncRequest() is { } found)
                {
                    var requested = new ReflectorOutcome(ReflectorEnding.ResyncRequested, found.Reason);
                    state = ReflectorMachine.Next(state, requested, NextDouble(), options.Backoff);
                    state = found.IsOtherHistory ? state with { Source = ListSource.Restored } : state;
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
                    ForgetRetry();
                    state = state with
                    {
                        Failures = 0,
                        BackoffSteps = wasQuiet ? 0 : state.BackoffSteps,
                        Relists = wasQuiet ? 0 : state.Relists,
                    };
                }

                var next = ReflectorMachine.Next(state, outcome, NextDouble(), options.Backoff);
                if (outcome.Ending is not (ReflectorEnding.Done or ReflectorEnding.Completed))
                {
                    lastFailure = time.GetTimestamp();
                    LogEnded(
                        source.Cluster,
                        source.Resource.GroupResource,
                        state.Phase,
                        outcome.Ending,
                        next.Failures,
                        next.Phase,
                        next.Wait.TotalMilliseconds,
                        outcome.Reason
                    );
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
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = Task.Delay(wait, time, ending.Token);
        await Task.WhenAny(over, _mayRetry.Task);
        if (!over.IsCompleted)
        {
            await ending.CancelAsync();
        }

        ForgetRetry();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>The requested retry was made: the next failure waits.</summary>
    private void ForgetRetry()
    {
        if (_mayRetry.Task.IsCompleted)
        {
            Volatile.Write(ref _mayRetry, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }

    private async Task<ReflectorOutcome> StepAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        using var span = InformerTracing.Start(state.Phase, !target.Revision.IsNone, source.Cluster, source.Resource.GroupResource);
        var events = counters.Events;
        var outcome = await RequestAsync(state, cancellationToken);
        InformerTracing.End(span, outcome, target.Revision.ToString(), counters.Events - events);
        return outcome;
    }

    private async Task<ReflectorOutcome> RequestAsync(ReflectorState state, CancellationToken cancellationToken)
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

        // Before 1.31 a limit with a revision bypasses the server's cache; with revision 0 it is ignored.
        var limit = _alwaysPage || revision.IsNone || revision == ResourceVersion.Any ? options.PageSize : 0;
        var trust = state.Source switch
        {
            ListSource.Restored => ListTrust.Restored,
            ListSource.Repair => ListTrust.Repair,
            _ => ListTrust.Usual,
        };
        if (
            trust == ListTrust.Usual
            && !seen.IsNone
            && OutcomeOf(await source.CheckHistoryAsync(seen, ResourceVersion.None, cancellationToken)) is { } other
        )
        {
            return other;
        }

        target.BeginList(trust, _repairing?.Since ?? default, source.HighestLost);
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
                // The token outlived the server's patience: everything in one response, at the revision first requested
                // (client-go's pager).
                target.BeginList(trust, _repairing?.Since ?? default, source.HighestLost);
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
            return new(
                ReflectorEnding.WentBack,
                $"{source.Cluster} answers at revision {listed}, though {seen} was seen before: it was restored to an older state"
            );
        }

        if (trust == ListTrust.Repair && target.HasOtherHistory)
        {
            return new(
                ReflectorEnding.WentBack,
                $"{source.Cluster} has older versions of {source.Resource.GroupResource} than were seen before: it "
                    + "was restored to an older state and has since passed the seen revision"
            );
        }

        target.EndList(listed);
        if (trust != ListTrust.Usual)
        {
            EndRepair();
        }

        return new(ReflectorEnding.Done);
    }

    private async Task<ReflectorOutcome> ProbeAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        target.Report(state, ReflectorActivity.Connecting);
        var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, cancellationToken);
        var check = await source.CheckHistoryAsync(target.Revision, page.ResourceVersion, cancellationToken);
        return page.ResourceVersion.IsOlderThan(target.Revision)
            ? WentBack(page.ResourceVersion)
            : OutcomeOf(check) ?? new(ReflectorEnding.Done);
    }

    /// <summary>The consequence of a history check; null if the reflector continues.</summary>
    private static ReflectorOutcome? OutcomeOf(HistoryCheck check) =>
        check.Verdict switch
        {
            HistoryVerdict.Other => new(ReflectorEnding.WentBack, check.Evidence),
            HistoryVerdict.Undecided => new(ReflectorEnding.ResyncRequested, $"comparing the cache with a list: {check.Evidence}"),
            _ => null,
        };

    private async Task<ReflectorOutcome> StreamingListAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        target.Report(state, ReflectorActivity.Listing);
        target.BeginList(ListTrust.Usual);
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
                    case WatchEventType.Added
                    or WatchEventType.Modified when target.Wants(read.Object!.Key, read.Object.Identity, read.Object.ResourceVersion):
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
            return new(
                ReflectorEnding.Disconnected,
                $"{source.Cluster} ended the streaming list of {source.Resource.GroupResource} before its last item"
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await CloseAsync();
            return new(
                ReflectorEnding.Unsupported,
                $"{source.Cluster} did not finish a streaming list of {source.Resource.GroupResource} in time; using a plain list"
            );
        }
        catch (KubernetesApiException refused) when (!refused.IsTooManyRequests && !refused.IsExpired && !refused.IsTooLargeResourceVersion)
        {
            // Whatever the failure is, a plain list either works or reports it more clearly.
            await CloseAsync();
            return Unsupported(refused.Message);
        }

        ReflectorOutcome Unsupported(string why) =>
            new(ReflectorEnding.Unsupported, $"{source.Cluster} refuses streaming lists ({why}); using a plain list");
    }

    /// <summary>Sets the watch that a resync may end, or none. False if a resync was already requested.</summary>
    private bool Stand(CancellationTokenSource? standing)
    {
        lock (_gate)
        {
            _standing = standing;
            return standing is null || _resyncRequest is null;
        }
    }

    private ResyncRequest? TakeResyncRequest()
    {
        lock (_gate)
        {
            var found = _resyncRequest;
            _resyncRequest = null;
            _repairing = found ?? _repairing;
            return found;
        }
    }

    private void EndRepair()
    {
        lock (_gate)
        {
            _repairing = null;
            if (_resyncRequest is null)
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

    [LoggerMessage(
        2001,
        LogLevel.Warning,
        "{Cluster} {Resource}: {Phase} ended ({Ending}), failure {Failures} in a row; {Next} in {WaitMs:0} ms: {Reason}"
    )]
    private partial void LogEnded(
        string cluster,
        string resource,
        ReflectorPhase phase,
        ReflectorEnding ending,
        int failures,
        ReflectorPhase next,
        double waitMs,
        string? reason
    );

    [LoggerMessage(2002, LogLevel.Error, "{Cluster} {Resource}: an event cannot be read, relisting: {Reason}")]
    private partial void LogUndecodable(string cluster, string resource, string reason);

    [LoggerMessage(
        2004,
        LogLevel.Information,
        "{Cluster} {Resource}: could not verify that a silent watch is up to date; retrying later: {Reason}"
    )]
    private partial void LogUnproven(string cluster, string resource, string reason);

    private sealed class NoItems : IListSink
    {
        public static readonly NoItems Instance = new();

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => false;

        public void Item(RawObject item) { }
    }
}
