using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Controllers.LeaderElection;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>
/// Leader election on a Lease: runs work for as long as this process is the leader. Use it for the part of a controller
/// that may run only once at a time.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Expiry is measured with this machine's own monotonic clock, since the record was last seen to
/// change (client-go's rule). The work's token is cancelled <see cref="LeaderElectorOptions.RenewDeadline"/> after the
/// last successful renewal was sent, or at once when another candidate is seen to hold the lease. The lease is renewed
/// while the work stops, and released only after it has ended. Nothing fences the work: it must stop within
/// LeaseDuration − RenewDeadline of its token's cancellation. If the process can be paused and resumed, check
/// <see cref="IsLeader"/> before each action. A machine whose monotonic clock stops while it is suspended is beyond
/// what a lease can guard. A deleted lease counts as held until it would have expired; client-go lets another candidate
/// in at once.
/// </remarks>
public sealed class LeaderElector
{
    private readonly Lock _gate = new();
    private readonly ILeaseLock _lock;
    private readonly LeaderElectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ElectionReports _reports;
    private readonly ElectionTiming _timing;
    private readonly LeaseCandidate _candidate;
    private readonly LeaseRelease _release;
    private LeadershipTerm? _term;
    private int _running;

    /// <summary>Creates an elector; nothing is sent before <see cref="RunAsync"/>.</summary>
    /// <exception cref="ArgumentException">The options could not work; one sentence for each fault.</exception>
    public LeaderElector(ILeaseLock leaseLock, LeaderElectorOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(leaseLock);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_lock, _options, _time) = (leaseLock, options, time ?? TimeProvider.System);
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<LeaderElector>();
        _reports = new ElectionReports(options, leaseLock, _logger);
        _timing = new ElectionTiming(options, _time);
        var requests = new LeaseRequests(leaseLock, options.EffectiveRequestTimeout, _time);
        _candidate = new LeaseCandidate(requests, options, _timing, _reports);
        _release = new LeaseRelease(requests, options, _timing, _candidate, _reports);
    }

    /// <summary>The identity of this candidate.</summary>
    public string Identity => _options.Identity;

    /// <summary>True while it may act: it leads, is not cancelled, and the renewal deadline has not passed.</summary>
    public bool IsLeader => Term?.MayAct ?? false;

    /// <summary>
    /// The last known holder of the lease, whether or not it has expired since; null if there was none.
    /// </summary>
    public string? Leader => _candidate.Seen?.Record is { IsFree: false } record ? record.HolderIdentity : null;

    private LeadershipTerm? Term
    {
        get
        {
            lock (_gate)
            {
                return _term;
            }
        }
    }

    /// <summary>
    /// Null while all is well; else a sentence: this one still works as leader though its lease expired more than
    /// <paramref name="tolerance"/> ago. For a liveness probe, which then ends the process.
    /// </summary>
    public string? CheckHealth(TimeSpan tolerance)
    {
        if (Term is not { } term || term.SinceRenewal is var since && since <= _options.LeaseDuration + tolerance)
        {
            return null;
        }

        return $"{Identity} leads by {_lock.Description}, renewed {since.TotalSeconds:0} s ago and valid for "
            + $"{_options.LeaseDuration.TotalSeconds:0} s";
    }

    /// <summary>
    /// Waits for the lease, runs the work as the leader, releases the lease. Runs once at a time; may be run again
    /// afterwards.
    /// </summary>
    /// <param name="lead">
    /// The work. Must return soon after its token is cancelled. Not called if the candidacy ends first. If it throws,
    /// the lease is released and the exception is rethrown here.
    /// </param>
    /// <param name="ct">Ends the candidacy. This is the normal end, not an error.</param>
    /// <exception cref="InvalidOperationException">It is running already.</exception>
    public async Task<ElectionOutcome> RunAsync(Func<CancellationToken, Task> lead, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(lead);
        if (Interlocked.Exchange(ref _running, 1) == 1)
        {
            throw new InvalidOperationException(
                $"{Identity} is already running for {_lock.Description}: create another elector with another identity"
            );
        }

        try
        {
            while (true)
            {
                var end = await RunTermAsync(lead, ct);
                if (end != ElectionOutcome.Lost || !_options.StandAgain || ct.IsCancellationRequested)
                {
                    return end;
                }
            }
        }
        finally
        {
            await _reports.Reporting;
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task<ElectionOutcome> RunTermAsync(Func<CancellationToken, Task> lead, CancellationToken ct)
    {
        ElectionOutcome? end = null;
        try
        {
            end = await AcquireAsync(ct) is { } sent ? await LeadAsync(lead, sent, ct) : ElectionOutcome.Stopped;
            return end.Value;
        }
        finally
        {
            _reports.ReportStopped();
            var standsAgain = end == ElectionOutcome.Lost && _options.StandAgain && !ct.IsCancellationRequested;
            if (_options.ReleaseOnStop && _candidate.MayHold && !standsAgain)
            {
                await _release.RunAsync();
            }
        }
    }

    /// <summary>
    /// Tries until it has the lease. Returns when the successful write was sent, or null if cancelled.
    /// </summary>
    private async Task<long?> AcquireAsync(CancellationToken ct)
    {
        _reports.LogStanding(Identity, _lock.Description);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (await _candidate.TryAsync(ct) is { } sent)
                {
                    if (ct.IsCancellationRequested)
                    {
                        return null;
                    }

                    if (_time.GetElapsedTime(sent) < _options.RenewDeadline)
                    {
                        return sent;
                    }

                    // The machine stood still while the answer came: by now the lease may be another's.
                    continue;
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return null;
            }
            catch (KubernetesApiException outrun) when (outrun.IsConflict)
            {
                _reports.LogOutrun(Identity, _lock.Description);
            }
            catch (Exception error)
            {
                _reports.LogNotAcquired(error, Identity, _lock.Description, error.Message);
            }

            await _timing.PauseAsync(_candidate.UntilNextAttempt(), ct);
        }

        return null;
    }

    private async Task<ElectionOutcome> LeadAsync(Func<CancellationToken, Task> lead, long sent, CancellationToken ct)
    {
        using var term = new LeadershipTerm(_time, _options.RenewDeadline, sent, _logger);
        SetTerm(term);
        _reports.LogLeading(Identity, _lock.Description);
        using var stopping = ct.UnsafeRegister(static state => ((LeadershipTerm)state!).StopWork(), term);
        var renewing = RenewAsync(term);
        try
        {
            await WorkAsync(lead, term);
        }
        finally
        {
            term.StopRenewing();
            await renewing;
            SetTerm(null);
            _reports.LogStopped(Identity, _lock.Description, term.IsLost);
        }

        return term.IsLost ? ElectionOutcome.Lost
            : ct.IsCancellationRequested ? ElectionOutcome.Stopped
            : ElectionOutcome.WorkEnded;
    }

    /// <summary>
    /// The work, off this call's stack: work that blocks before its first await must not keep the lease from being
    /// renewed.
    /// </summary>
    private static async Task WorkAsync(Func<CancellationToken, Task> lead, LeadershipTerm term)
    {
        await Task.Yield();
        var token = term.Work;
        if (!term.MayAct)
        {
            // Cancelled before it began, or so late that the timer which reports it has not run yet.
            if (!token.IsCancellationRequested)
            {
                term.Lose();
            }

            return;
        }

        try
        {
            await lead(token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The normal end of cancelled work.
        }
    }

    /// <summary>
    /// Renews until the term ends. Ends the term if another candidate holds the lease; the deadline is handled by the
    /// term.
    /// </summary>
    private async Task RenewAsync(LeadershipTerm term)
    {
        var ct = term.Renewing;
        while (true)
        {
            await _timing.PauseAsync(_options.RetryPeriod, ct);
            if (ct.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (await _candidate.TryAsync(ct) is { } sent)
                {
                    term.Renewed(sent);
                    continue;
                }

                _reports.LogTaken(Identity, _lock.Description, Leader);
                term.Lose();
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                _reports.LogNotRenewed(
                    error,
                    Identity,
                    _lock.Description,
                    (_options.RenewDeadline - term.SinceRenewal).TotalSeconds,
                    error.Message
                );
            }
        }
    }

    private void SetTerm(LeadershipTerm? term)
    {
        lock (_gate)
        {
            _term = term;
        }
    }
}
