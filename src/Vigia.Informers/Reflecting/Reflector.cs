using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// Keeps a cache equal to a resource of an API server: list, then watch, forever (client-go
/// <c>tools/cache/reflector.go</c>).
/// </summary>
/// <remarks>
/// Pipeline step 3 (docs/architecture.md). <see cref="ReflectorMachine"/> decides; this class runs its loop, and each
/// phase has a class that makes its request. One loop, one request at a time; it ends only when it is cancelled.
/// </remarks>
internal sealed partial class Reflector
{
    private readonly ReflectorContext _context;
    private readonly ILogger _logger;
    private readonly RetryWait _wait;
    private readonly ResyncRequests _resyncs = new();
    private readonly ReflectorStream _stream;
    private readonly ReflectorList _list;
    private readonly ReflectorStreamingList _streamingList;
    private readonly RevisionProbe _probe;
    private readonly ReflectorWatch _watch;

    public Reflector(
        IListerWatcher source,
        IReflectorTarget target,
        InformerCounters counters,
        ReflectorOptions options,
        TimeProvider time,
        Random random,
        ILogger logger
    )
    {
        _context = new ReflectorContext(source, target, counters, options, time, random, logger);
        _logger = logger;
        _wait = new RetryWait(time);
        _stream = new ReflectorStream(_context);
        _probe = new RevisionProbe(_context);
        _list = new ReflectorList(_context, _resyncs);
        _streamingList = new ReflectorStreamingList(_context, _stream);
        _watch = new ReflectorWatch(_context, _stream, _resyncs, _probe);
    }

    /// <summary>
    /// A wait after a failure ends now; if a request is in progress and fails, it is retried without a wait. For a
    /// caller that knows that the cause is gone. A later failure waits as long as it would have.
    /// </summary>
    public void RetryNow() => _wait.End();

    /// <summary>
    /// The cache is wrong: the current request is ended, and everything is relisted. The task ends when that is done;
    /// it is cancelled if the reflector stops first.
    /// </summary>
    public Task RequestResync(ResyncRequest found) => _resyncs.Add(found);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (target, options, time) = (_context.Target, _context.Options, _context.Time);
        var state = ReflectorState.Start(options.StreamingList);
        var lastFailure = time.GetTimestamp();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                // 1. Requests of others come before the machine's decision.
                if (_resyncs.Take() is { } found)
                {
                    var requested = new ReflectorOutcome(ReflectorEnding.ResyncRequested, found.Reason);
                    state = ReflectorMachine.Next(state, requested, _context.NextDouble(), options.Backoff);
                    state = found.IsOtherHistory ? state with { Source = ListSource.Restored } : state;
                }

                // Wait, if something failed.
                if (state.Wait > TimeSpan.Zero)
                {
                    target.Report(state, ReflectorActivity.Waiting);
                    await _wait.WaitAsync(state.Wait, cancellationToken);
                }

                // 2. One request, to its end.
                var outcome = await StepAsync(state, cancellationToken);
                if (outcome.Ending == ReflectorEnding.Undecodable)
                {
                    Interlocked.Increment(ref _context.Counters._undecodable);
                }

                // 3. Decide.
                if (outcome.WasOfUse)
                {
                    // Quiet is a watch that stood; a request that took minutes to fail is not.
                    var wasQuiet = time.GetElapsedTime(lastFailure) > options.Backoff.Quiet;
                    _wait.Reset();
                    state = state with
                    {
                        Failures = 0,
                        BackoffSteps = wasQuiet ? 0 : state.BackoffSteps,
                        Relists = wasQuiet ? 0 : state.Relists,
                    };
                }

                var next = ReflectorMachine.Next(state, outcome, _context.NextDouble(), options.Backoff);
                if (outcome.Ending is not (ReflectorEnding.Done or ReflectorEnding.Completed))
                {
                    lastFailure = time.GetTimestamp();
                    LogEnded(
                        _context.Source.Cluster,
                        _context.Source.Resource.GroupResource,
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
            await _stream.CloseAsync();
            _resyncs.Stop();
            target.Report(state with { Reason = "stopped" }, ReflectorActivity.Stopped);
        }
    }

    private async Task<ReflectorOutcome> StepAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var (source, target, counters) = (_context.Source, _context.Target, _context.Counters);
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
                ReflectorPhase.List => await _list.RunAsync(state, cancellationToken),
                ReflectorPhase.StreamingList => await _streamingList.RunAsync(state, cancellationToken),
                ReflectorPhase.Probe => await _probe.RunAsync(state, cancellationToken),
                _ => await _watch.RunAsync(state, cancellationToken),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            await _stream.CloseAsync();
            return ReflectorErrors.OutcomeOf(error, _context.Source);
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
}
