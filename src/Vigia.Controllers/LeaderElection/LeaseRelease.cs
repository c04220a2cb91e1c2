using Vigia.Kubernetes;

namespace Vigia.Controllers.LeaderElection;

/// <summary>
/// Gives the lease back at the end of a candidacy, so that the next leader need not wait until it expires.
/// </summary>
internal sealed class LeaseRelease(
    LeaseRequests requests,
    LeaderElectorOptions options,
    ElectionTiming timing,
    LeaseCandidate candidate,
    ElectionReports reports
)
{
    private const int Attempts = 3;

    /// <summary>
    /// Empties the lease if it is still this one's. With a limit of its own: the token that ended the candidacy is
    /// cancelled already.
    /// </summary>
    public async Task RunAsync()
    {
        using var limit = new CancellationTokenSource(options.RenewDeadline, timing.Time);
        for (var failures = 0; ; )
        {
            try
            {
                if (await requests.GetAsync(limit.Token) is not { } found || found.Record.HolderIdentity != options.Identity)
                {
                    candidate.NoLongerHolds();
                    return;
                }

                var now = timing.Now();
                var freed = found.Record with { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = now, RenewTime = now };
                candidate.Observe(await requests.ReleaseAsync(found, freed, limit.Token));
                candidate.NoLongerHolds();
                reports.LogReleased(options.Identity, requests.Description);
                return;
            }
            catch (KubernetesApiException outrun) when (outrun.IsConflict && !limit.IsCancellationRequested)
            {
                reports.LogOutrun(options.Identity, requests.Description);
                await timing.PauseAsync(TimeSpan.FromMilliseconds(10) * timing.Jitter(), limit.Token);
            }
            catch (Exception error)
            {
                if (limit.IsCancellationRequested || ++failures == Attempts)
                {
                    reports.LogNotReleased(
                        error,
                        options.Identity,
                        requests.Description,
                        options.LeaseDuration.TotalSeconds,
                        error.Message
                    );
                    return;
                }

                await timing.PauseAsync(options.RetryPeriod / 4, limit.Token);
            }
        }
    }
}
