using Microsoft.Extensions.Logging;
using Vigia.Informers.Auditing;
using Vigia.Informers.Caching;
using Vigia.Informers.Reflecting;
using Vigia.Informers.Scheduling;
using Vigia.Kubernetes;

namespace Vigia.Informers.Handlers;

/// <summary>The audits of one informer: on demand and on a timer, one at a time, with their consequences.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The semaphore is never asked for its wait handle: there is nothing to dispose of."
)]
internal sealed partial class InformerAudits(
    SharedInformer informer,
    Reflector reflector,
    AuditOptions options,
    int pageSize,
    Random random,
    ILogger logger
)
{
    private const int MostAttempts = 3;

    // Timers count whole milliseconds: a wait for less would not let time pass.
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private AuditReport? _last;
    private ResourceVersion _trusted;

    /// <summary>The last audit that ended.</summary>
    public AuditReport? Last => Volatile.Read(ref _last);

    /// <summary>Audits by the timer until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (options.Period > TimeSpan.Zero)
            {
                await Task.Delay(options.Period * (0.75 + (NextDouble() / 2)), informer.Time, cancellationToken);
                if (informer.HasSynced)
                {
                    await AuditAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Makes one audit, after the one that may be under way.</summary>
    public async Task<AuditReport> AuditAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var (since, began) = (informer.Time.GetUtcNow(), informer.Time.GetTimestamp());
            var (audit, reason) = await CompareAsync(cancellationToken);
            var report = Report(audit, reason) with { Since = since, Duration = informer.Time.GetElapsedTime(began) };
            Count(report, audit);
            report = report with { StoreFaults = CheckStore() };
            if (report.Repair != AuditRepair.None)
            {
                report = report with { IsRepaired = await RepairAsync(report, cancellationToken) };
            }
            else if (report.Outcome == AuditOutcome.Equal)
            {
                _trusted = report.Revision;
            }

            Volatile.Write(ref _last, report);
            return report;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Ends when no audit is in progress; none may start any more.</summary>
    public async Task EndAsync()
    {
        await _one.WaitAsync(CancellationToken.None);
        _one.Release();
    }

    /// <summary>Lists and compares until there is a verdict, or a reason why there can be none.</summary>
    private async Task<(CacheAudit? Audit, string? Reason)> CompareAsync(CancellationToken cancellationToken)
    {
        await informer.WhenSynced.WaitAsync(cancellationToken);
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var began = informer.Time.GetTimestamp();
            if (!await UntilAsync(() => !informer.Log.IsRelisting, began, cancellationToken))
            {
                return (null, $"{informer.Cluster} {informer.Resource.GroupResource} is being relisted: {informer.Freshness.Reason}");
            }

            var audit = new CacheAudit(informer.Source, informer.Store, informer.Log, pageSize);
            try
            {
                await audit.ListAsync(cancellationToken);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever failed, as in the reflector: a failed audit ends neither the timer nor the informer.
                return (null, $"{informer.Cluster} {informer.Resource.GroupResource} cannot be listed: {error.Message.TrimEnd('.')}");
            }

            if (audit.Revision.IsOlderThan(audit.Seen))
            {
                return (audit, null);
            }

            began = informer.Time.GetTimestamp();
            var isSettled = await UntilAsync(
                () =>
                {
                    audit.Look(isLast: false);
                    return audit.IsVoid || !audit.IsOpen;
                },
                began,
                cancellationToken
            );
            if (!isSettled && !informer.Freshness.IsLive)
            {
                return (null, $"{informer.Cluster} {informer.Resource.GroupResource} is not live: {informer.Freshness.Reason}");
            }

            if (!isSettled)
            {
                audit.Look(isLast: true);
            }

            if (!audit.IsVoid)
            {
                return (audit, null);
            }
        }

        return (null, $"{informer.Cluster} {informer.Resource.GroupResource} was relisted during each of {MostAttempts} attempts");
    }

    /// <summary>Looks with every change until it is so; false when patience is at its end.</summary>
    private async Task<bool> UntilAsync(Func<bool> condition, long began, CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = informer.Log.NextChange;
            cancellationToken.ThrowIfCancellationRequested();
            if (condition())
            {
                return true;
            }

            var left = options.Patience - informer.Time.GetElapsedTime(began);
            if (left < s_least)
            {
                return false;
            }

            try
            {
                await change.OnCurrentSchedulerAsync().WaitAsync(left, informer.Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // One last look.
            }
        }
    }

    private static AuditReport Report(CacheAudit? audit, string? reason)
    {
        var report = new AuditReport
        {
            Outcome = AuditOutcome.Incomplete,
            Reason = reason,
            Since = default,
            Duration = default,
        };
        if (audit is null)
        {
            return report;
        }

        var hasWentBack = audit.Revision.IsOlderThan(audit.Seen);
        return report with
        {
            Outcome =
                hasWentBack || audit.Found.Count > 0 ? AuditOutcome.Different
                : audit.Late.Count > 0 ? AuditOutcome.Behind
                : AuditOutcome.Equal,
            Reason = hasWentBack ? $"the server answers at revision {audit.Revision}, though {audit.Seen} was seen before" : null,
            Revision = audit.Revision,
            Objects = audit.Objects,
            Missing = audit.Found.Count(difference => difference.Kind == AuditDifferenceKind.Missing),
            Extra = audit.Found.Count(difference => difference.Kind == AuditDifferenceKind.Extra),
            Different = audit.Found.Count(difference => difference.Kind is not (AuditDifferenceKind.Missing or AuditDifferenceKind.Extra)),
            Behind = audit.Late.Count,
            Differences = [.. audit.Found.Concat(audit.Late).Take(AuditReport.MostNamed)],
            Repair =
                hasWentBack || audit.Found.Exists(difference => difference.Kind == AuditDifferenceKind.OtherHistory) ? AuditRepair.Reset
                : audit.Found.Count + audit.Late.Count > 0 ? AuditRepair.Relist
                : AuditRepair.None,
        };
    }

    private void Count(AuditReport report, CacheAudit? audit)
    {
        if (report.Outcome == AuditOutcome.Incomplete)
        {
            Interlocked.Increment(ref informer.Counters._incompleteAudits);
            LogIncomplete(report.Reason!);
            return;
        }

        Interlocked.Increment(ref informer.Counters._audits);
        Interlocked.Add(ref informer.Counters._auditDifferences, report.Total);
        if (report.Outcome == AuditOutcome.Equal)
        {
            LogEqual(informer.Cluster, informer.Resource.GroupResource, report.Objects, report.Revision, report.Duration.TotalMilliseconds);
            return;
        }

        if (report.Outcome == AuditOutcome.Behind)
        {
            Interlocked.Increment(ref informer.Counters._lateAudits);
            LogBehind(
                informer.Cluster,
                informer.Resource.GroupResource,
                report.Behind,
                report.Objects,
                report.Revision,
                options.Patience.TotalSeconds,
                report.Differences[0]
            );
            return;
        }

        foreach (var difference in report.Differences)
        {
            LogDifference(informer.Cluster, informer.Resource.GroupResource, difference);
        }

        LogDifferent(
            informer.Cluster,
            informer.Resource.GroupResource,
            report.Total,
            audit!.Objects,
            report.Revision,
            report.Reason ?? "the cache differs from the server",
            report.Repair
        );
    }

    /// <summary>The server's list does not contain index values: only the store itself can check them.</summary>
    private List<string> CheckStore()
    {
        var faults = StoreCheck.FaultsOf(informer.Store, random);
        Interlocked.Add(ref informer.Counters._storeFaults, faults.Count);
        foreach (var fault in faults.Take(AuditReport.MostNamed))
        {
            LogStoreFault(informer.Cluster, informer.Resource.GroupResource, fault);
        }

        return [.. faults.Take(AuditReport.MostNamed)];
    }

    private async Task<bool> RepairAsync(AuditReport report, CancellationToken cancellationToken)
    {
        var since = _trusted.IsNone ? informer.Log.FirstRevision : _trusted;
        var reason =
            report.Reason
            ?? $"an audit at revision {report.Revision} found {report.Total + report.Behind} differences in "
                + $"{report.Objects} {informer.Resource.GroupResource} of {informer.Cluster}; relisting";
        var repaired = reflector.RequestResync(new ResyncRequest(report.Repair == AuditRepair.Reset, since, reason));
        try
        {
            await repaired.OnCurrentSchedulerAsync().WaitAsync(options.RepairPatience, informer.Time, cancellationToken);
            return true;
        }
        catch (Exception error)
            when (error is TimeoutException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It continues by itself, or the informer was stopped.
            return false;
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Jitter.")]
    private double NextDouble() => random.NextDouble();

    [LoggerMessage(
        2050,
        LogLevel.Debug,
        "{Cluster} {Resource}: audit: {Objects} objects at revision {Revision} equal the server's ({Ms:0} ms)"
    )]
    private partial void LogEqual(string cluster, string resource, int objects, ResourceVersion revision, double ms);

    [LoggerMessage(2051, LogLevel.Warning, "not audited: {Reason}")]
    private partial void LogIncomplete(string reason);

    [LoggerMessage(2052, LogLevel.Error, "{Cluster} {Resource}: audit: {Difference}")]
    private partial void LogDifference(string cluster, string resource, AuditDifference difference);

    [LoggerMessage(
        2055,
        LogLevel.Error,
        "{Cluster} {Resource}: audit: the store is inconsistent, which is a bug in Vigia: {Fault}; restart to rebuild it"
    )]
    private partial void LogStoreFault(string cluster, string resource, string fault);

    [LoggerMessage(
        2054,
        LogLevel.Warning,
        "{Cluster} {Resource}: audit: {Late} of {Objects} objects are behind revision {Revision}, and the "
            + "watch has not reported them for {Seconds:0} s; relisting: {First}"
    )]
    private partial void LogBehind(
        string cluster,
        string resource,
        int late,
        int objects,
        ResourceVersion revision,
        double seconds,
        AuditDifference first
    );

    [LoggerMessage(
        2053,
        LogLevel.Error,
        "{Cluster} {Resource}: audit: {Differences} differences in {Objects} objects at revision {Revision} ({Reason}); repair: {Repair}"
    )]
    private partial void LogDifferent(
        string cluster,
        string resource,
        int differences,
        int objects,
        ResourceVersion revision,
        string reason,
        AuditRepair repair
    );
}
