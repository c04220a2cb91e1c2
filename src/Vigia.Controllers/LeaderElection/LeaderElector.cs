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
public sealed partial class LeaderElector
{
    private const int ReleaseAttempts = 3;

    private readonly Lock _gate = new();
    private readonly ILeaseLock _lock;
    private readonly LeaderElectorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Random _chance;
    private LeaseSnapshot? _seen;
    private long _seenAt;
    private LeadershipTerm? _term;
    private Task _reporting = Task.CompletedTask;
    private bool _mayHold;
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
        _chance = new Random(options.Seed ?? SeedOf(options.Identity));
    }

    /// <summary>The identity of this candidate.</summary>
    public string Identity => _options.Identity;

    /// <summary>True while it may act: it leads, is not cancelled, and the renewal deadline has not passed.</summary>
    public bool IsLeader => Term?.MayAct ?? false;

    /// <summary>
    /// The last known holder of the lease, whether or not it has expired since; null if there was none.
    /// </summary>
    public string? Leader => Seen?.Record is { IsFree: false } record ? record.HolderIdentity : null;

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

    private LeaseSnapshot? Seen
    {
        get
        {
            lock (_gate)
            {
                return _seen;
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
            await _reporting;
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>FNV-1a: the same jitter in every run of a name, and others for other names.</summary>
    private static int SeedOf(string identity) =>
        identity.Aggregate(unchecked((int)2166136261), (hash, letter) => unchecked((hash ^ letter) * 16777619));

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
            ReportStopped();
            var standsAgain = end == ElectionOutcome.Lost && _options.StandAgain && !ct.IsCancellationRequested;
            if (_options.ReleaseOnStop && _mayHold && !standsAgain)
            {
                await ReleaseAsync();
            }
        }
    }

    /// <summary>
    /// Tries until it has the lease. Returns when the successful write was sent, or null if cancelled.
    /// </summary>
    private async Task<long?> AcquireAsync(CancellationToken ct)
    {
        LogStanding(Identity, _lock.Description);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (await TryAsync(ct) is { } sent)
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
                LogOutrun(Identity, _lock.Description);
            }
            catch (Exception error)
            {
                LogNotAcquired(error, Identity, _lock.Description, error.Message);
            }

            await PauseAsync(UntilNextAttempt(), ct);
        }

        return null;
    }

    private async Task<ElectionOutcome> LeadAsync(Func<CancellationToken, Task> lead, long sent, CancellationToken ct)
    {
        using var term = new LeadershipTerm(_time, _options.RenewDeadline, sent, _logger);
        SetTerm(term);
        LogLeading(Identity, _lock.Description);
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
            LogStopped(Identity, _lock.Description, term.IsLost);
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
            await PauseAsync(_options.RetryPeriod, ct);
            if (ct.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (await TryAsync(ct) is { } sent)
                {
                    term.Renewed(sent);
                    continue;
                }

                LogTaken(Identity, _lock.Description, Leader);
                term.Lose();
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogNotRenewed(error, Identity, _lock.Description, (_options.RenewDeadline - term.SinceRenewal).TotalSeconds, error.Message);
            }
        }
    }

    /// <summary>
    /// One attempt to get or renew the lease. Returns when the write was sent; null if another holds the lease; throws
    /// if that is unknown.
    /// </summary>
    private async Task<long?> TryAsync(CancellationToken ct)
    {
        if (Seen is { } mine && mine.Record.HolderIdentity == Identity && UntilExpiry() > TimeSpan.Zero)
        {
            try
            {
                return await WriteAsync(mine, mine.Record, ct);
            }
            catch (Exception refused) when (!ct.IsCancellationRequested)
            {
                // Another client changed the lease, or the answer was lost: read it again.
                LogSlowPath(Identity, _lock.Description, refused.Message);
            }
        }

        var found = await CallAsync(_lock.GetAsync, "reading", ct);
        if (found is not null)
        {
            Observe(found);
        }

        var last = Seen?.Record;
        if (last is { IsFree: false } && last.HolderIdentity != Identity && UntilExpiry() > TimeSpan.Zero)
        {
            return null;
        }

        return await WriteAsync(found, last, ct);
    }

    private async Task<long> WriteAsync(LeaseSnapshot? onto, LeaseRecord? last, CancellationToken ct)
    {
        var now = Now();
        var mine = last?.HolderIdentity == Identity;
        var record = new LeaseRecord
        {
            HolderIdentity = Identity,
            LeaseDurationSeconds = (int)_options.LeaseDuration.TotalSeconds,
            AcquireTime = mine ? last!.AcquireTime : now,

            // Others detect a renewal by its changed time: it must change even if the wall clock stands or was set
            // back.
            RenewTime = mine && last!.RenewTime >= now ? last.RenewTime.Value.AddMicroseconds(1) : now,
            LeaderTransitions =
                last is null ? 0
                : mine ? last.LeaderTransitions
                : last.LeaderTransitions + 1,
        };
        _mayHold = true;
        var sent = _time.GetTimestamp();
        Observe(
            await CallAsync(
                token => onto is null ? _lock.CreateAsync(record, token) : _lock.UpdateAsync(onto, record, token),
                "writing",
                ct
            )
        );
        return sent;
    }

    /// <summary>
    /// Empties the lease if it is still this one's. With a limit of its own: the token that ended the candidacy is
    /// cancelled already.
    /// </summary>
    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(_options.RenewDeadline, _time);
        for (var failures = 0; ; )
        {
            try
            {
                if (await CallAsync(_lock.GetAsync, "reading", limit.Token) is not { } found || found.Record.HolderIdentity != Identity)
                {
                    _mayHold = false;
                    return;
                }

                var now = Now();
                var freed = found.Record with { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = now, RenewTime = now };
                Observe(await CallAsync(token => _lock.UpdateAsync(found, freed, token), "releasing", limit.Token));
                _mayHold = false;
                LogReleased(Identity, _lock.Description);
                return;
            }
            catch (KubernetesApiException outrun) when (outrun.IsConflict && !limit.IsCancellationRequested)
            {
                LogOutrun(Identity, _lock.Description);
                await PauseAsync(TimeSpan.FromMilliseconds(10) * Jitter(), limit.Token);
            }
            catch (Exception error)
            {
                if (limit.IsCancellationRequested || ++failures == ReleaseAttempts)
                {
                    LogNotReleased(error, Identity, _lock.Description, _options.LeaseDuration.TotalSeconds, error.Message);
                    return;
                }

                await PauseAsync(_options.RetryPeriod / 4, limit.Token);
            }
        }
    }

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, string doing, CancellationToken ct)
    {
        var timeout = _options.EffectiveRequestTimeout;
        using var limit = new CancellationTokenSource(timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await call(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{doing} {_lock.Description} took longer than {timeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>
    /// Notes a state of the lease. Its time runs from when the record was first seen so, not from what its own times
    /// say.
    /// </summary>
    private void Observe(LeaseSnapshot snapshot)
    {
        string? fresh = null;
        lock (_gate)
        {
            if (_seen?.Record != snapshot.Record)
            {
                _seenAt = _time.GetTimestamp();
            }

            if (!snapshot.Record.IsFree && snapshot.Record.HolderIdentity != _reported)
            {
                fresh = _reported = snapshot.Record.HolderIdentity;
            }

            _seen = snapshot;
        }

        if (!snapshot.Record.IsFree && snapshot.Record.HolderIdentity != Identity)
        {
            // The version moved on: what this one may still have under way will be refused.
            _mayHold = false;
        }

        if (fresh is not null)
        {
            ReportLeader(fresh);
        }
    }

    private TimeSpan UntilExpiry()
    {
        lock (_gate)
        {
            return _seen is null ? TimeSpan.Zero : TimeSpan.FromSeconds(_seen.Record.LeaseDurationSeconds) - _time.GetElapsedTime(_seenAt);
        }
    }

    /// <summary>
    /// With no known holder: a retry period with jitter. With a holder: at most one period, or less if the lease
    /// expires earlier. So a dead leader is replaced within the lease's duration and one retry period, however late its
    /// last renewal was noticed. client-go's jittered pause makes that up to 2.2 periods.
    /// </summary>
    private TimeSpan UntilNextAttempt()
    {
        var held = Seen?.Record is { IsFree: false };
        var pause = _options.RetryPeriod * (held ? Jitter() / (1 + LeaderElectorOptions.JitterFactor) : Jitter());
        var left = UntilExpiry() + TimeSpan.FromMilliseconds(1);
        return held && left > TimeSpan.FromMilliseconds(1) && left < pause ? left : pause;
    }

    private double Jitter() => 1 + (_chance.NextDouble() * LeaderElectorOptions.JitterFactor);

    private async Task PauseAsync(TimeSpan pause, CancellationToken ct) =>
        await Task.Delay(pause, _time, ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private DateTimeOffset Now()
    {
        var now = _time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private void SetTerm(LeadershipTerm? term)
    {
        lock (_gate)
        {
            _term = term;
        }
    }
}
