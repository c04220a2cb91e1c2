using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>Finds out whether the server was restored to an older state, by its revision and its history.</summary>
internal sealed partial class RevisionProbe(ReflectorContext context)
{
    private readonly ILogger _logger = context.Logger;

    /// <summary>The request of <see cref="ReflectorPhase.Probe"/>.</summary>
    public async Task<ReflectorOutcome> RunAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var (source, target) = (context.Source, context.Target);
        target.Report(state, ReflectorActivity.Connecting);
        var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, cancellationToken);
        var check = await source.CheckHistoryAsync(target.Revision, page.ResourceVersion, cancellationToken);
        return page.ResourceVersion.IsOlderThan(target.Revision)
            ? ReflectorErrors.WentBack(source, page.ResourceVersion, target.Revision)
            : ReflectorErrors.OutcomeOf(check) ?? new(ReflectorEnding.Done);
    }

    /// <summary>
    /// A watch from a revision that the server has yet to reach is accepted and silent: so looks a server restored to
    /// an older state, when its connections were replaced before anybody read from them. A watch on which nothing has
    /// come for a while is therefore proven once, by the server's revision. Found by simulation (seeds 1937, 2446,
    /// 3124).
    /// </summary>
    /// <param name="first">Ends when something was read from the watch.</param>
    /// <param name="cancellationToken">Cancelled when the watch is overdue or stopped.</param>
    /// <returns>
    /// The evidence that the server was restored; null once something was read or the server's revision is as expected.
    /// It does not delay events.
    /// </returns>
    public async Task<ReflectorOutcome?> VerifyAsync(Task first, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var proof = AskAsync(ended.Token);
        await Task.WhenAny(first, proof);
        ended.Cancel();
        var outcome = await proof;
        return first.IsCompleted ? null : outcome;
    }

    private async Task<ReflectorOutcome?> AskAsync(CancellationToken over)
    {
        var (source, target) = (context.Source, context.Target);
        while (true)
        {
            try
            {
                await Task.Delay(context.Options.ProofPatience, context.Time, over);
                var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, over);
                return page.ResourceVersion.IsOlderThan(target.Revision)
                    ? ReflectorErrors.WentBack(source, page.ResourceVersion, target.Revision)
                    : null;
            }
            catch (Exception error)
            {
                if (over.IsCancellationRequested)
                {
                    // Something was read, the watch is overdue, or everything is stopped: the reader finds out
                    // which.
                    return null;
                }

                // The watch itself stands: it is probed again after the same time.
                LogUnproven(source.Cluster, source.Resource.GroupResource, error.Message);
            }
        }
    }

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
