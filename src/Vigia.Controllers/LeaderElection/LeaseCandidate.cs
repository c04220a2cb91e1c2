namespace Vigia.Controllers.LeaderElection;

/// <summary>One candidate's view of the lease: what it last saw there, and its attempts to get or renew it.</summary>
/// <remarks>One attempt at a time; <see cref="Seen"/> may be read by others meanwhile.</remarks>
internal sealed class LeaseCandidate(LeaseRequests requests, LeaderElectorOptions options, ElectionTiming timing, ElectionReports reports)
{
    private readonly Lock _gate = new();
    private LeaseSnapshot? _seen;
    private long _seenAt;
    private string? _reported;

    /// <summary>The last known state of the lease; null if there was none.</summary>
    public LeaseSnapshot? Seen
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
    /// True if a write of this candidate may have got the lease, also if the answer to it is not known: then the lease
    /// is to be released.
    /// </summary>
    public bool MayHold { get; private set; }

    /// <summary>
    /// One attempt to get or renew the lease. Returns when the write was sent; null if another holds the lease; throws
    /// if that is unknown.
    /// </summary>
    public async Task<long?> TryAsync(CancellationToken ct)
    {
        if (Seen is { } mine && mine.Record.HolderIdentity == options.Identity && UntilExpiry() > TimeSpan.Zero)
        {
            try
            {
                return await WriteAsync(mine, mine.Record, ct);
            }
            catch (Exception refused) when (!ct.IsCancellationRequested)
            {
                // Another client changed the lease, or the answer was lost: read it again.
                reports.LogSlowPath(options.Identity, requests.Description, refused.Message);
            }
        }

        var found = await requests.GetAsync(ct);
        if (found is not null)
        {
            Observe(found);
        }

        var last = Seen?.Record;
        if (last is { IsFree: false } && last.HolderIdentity != options.Identity && UntilExpiry() > TimeSpan.Zero)
        {
            return null;
        }

        return await WriteAsync(found, last, ct);
    }

    /// <summary>
    /// Notes a state of the lease. Its time runs from when the record was first seen so, not from what its own times
    /// say.
    /// </summary>
    public void Observe(LeaseSnapshot snapshot)
    {
        string? fresh = null;
        lock (_gate)
        {
            if (_seen?.Record != snapshot.Record)
            {
                _seenAt = timing.Time.GetTimestamp();
            }

            if (!snapshot.Record.IsFree && snapshot.Record.HolderIdentity != _reported)
            {
                fresh = _reported = snapshot.Record.HolderIdentity;
            }

            _seen = snapshot;
        }

        if (!snapshot.Record.IsFree && snapshot.Record.HolderIdentity != options.Identity)
        {
            // The version moved on: what this one may still have under way will be refused.
            MayHold = false;
        }

        if (fresh is not null)
        {
            reports.ReportLeader(fresh);
        }
    }

    /// <summary>The lease was released, or is another candidate's.</summary>
    public void NoLongerHolds() => MayHold = false;

    /// <summary>
    /// With no known holder: a retry period with jitter. With a holder: at most one period, or less if the lease
    /// expires earlier. So a dead leader is replaced within the lease's duration and one retry period, however late its
    /// last renewal was noticed. client-go's jittered pause makes that up to 2.2 periods.
    /// </summary>
    public TimeSpan UntilNextAttempt()
    {
        var held = Seen?.Record is { IsFree: false };
        var pause = options.RetryPeriod * (held ? timing.Jitter() / (1 + LeaderElectorOptions.JitterFactor) : timing.Jitter());
        var left = UntilExpiry() + TimeSpan.FromMilliseconds(1);
        return held && left > TimeSpan.FromMilliseconds(1) && left < pause ? left : pause;
    }

    private async Task<long> WriteAsync(LeaseSnapshot? onto, LeaseRecord? last, CancellationToken ct)
    {
        var now = timing.Now();
        var mine = last?.HolderIdentity == options.Identity;
        var record = new LeaseRecord
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
            AcquireTime = mine ? last!.AcquireTime : now,

            // Others detect a renewal by its changed time: it must change even if the wall clock stands or was set
            // back.
            RenewTime = mine && last!.RenewTime >= now ? last.RenewTime.Value.AddMicroseconds(1) : now,
            LeaderTransitions =
                last is null ? 0
                : mine ? last.LeaderTransitions
                : last.LeaderTransitions + 1,
        };
        MayHold = true;
        var sent = timing.Time.GetTimestamp();
        Observe(await requests.WriteAsync(onto, record, ct));
        return sent;
    }

    private TimeSpan UntilExpiry()
    {
        lock (_gate)
        {
            return _seen is null
                ? TimeSpan.Zero
                : TimeSpan.FromSeconds(_seen.Record.LeaseDurationSeconds) - timing.Time.GetElapsedTime(_seenAt);
        }
    }
}
