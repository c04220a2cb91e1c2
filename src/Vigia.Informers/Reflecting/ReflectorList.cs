using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>The request of <see cref="ReflectorPhase.List"/>: everything, in pages where the server has them.</summary>
internal sealed class ReflectorList(ReflectorContext context, ResyncRequests resyncs)
{
    // A paged answer to a list from the cache means that the server has no cache: then pages for good (client-go's
    // paginatedResult).
    private bool _alwaysPage;

    public async Task<ReflectorOutcome> RunAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var (source, target) = (context.Source, context.Target);
        target.Report(state, ReflectorActivity.Listing);
        var seen = target.Revision;
        var revision = RevisionFor(state.Source, seen);

        // Before 1.31 a limit with a revision bypasses the server's cache; with revision 0 it is ignored.
        var limit = _alwaysPage || revision.IsNone || revision == ResourceVersion.Any ? context.Options.PageSize : 0;
        var trust = TrustOf(state.Source);
        if (
            trust == ListTrust.Usual
            && !seen.IsNone
            && ReflectorErrors.OutcomeOf(await source.CheckHistoryAsync(seen, ResourceVersion.None, cancellationToken)) is { } other
        )
        {
            return other;
        }

        target.BeginList(trust, resyncs.RightUpTo, source.HighestLost);
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
                target.BeginList(trust, resyncs.RightUpTo, source.HighestLost);
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

        return End(state.Source, trust, seen, listed);
    }

    /// <summary>The revision that the list must not be older than; none for a consistent read.</summary>
    private ResourceVersion RevisionFor(ListSource freshness, ResourceVersion seen) =>
        freshness switch
        {
            ListSource.Cache when seen.IsNone => context.Target.Newest is { IsNone: false } shown ? shown : ResourceVersion.Any,
            ListSource.Cache => seen,
            ListSource.NotOlderThanSeen => seen,
            _ => ResourceVersion.None,
        };

    private static ListTrust TrustOf(ListSource freshness) =>
        freshness switch
        {
            ListSource.Restored => ListTrust.Restored,
            ListSource.Repair => ListTrust.Repair,
            _ => ListTrust.Usual,
        };

    /// <summary>
    /// All pages are read: the list replaces the cache, unless it shows that the server was restored.
    /// </summary>
    private ReflectorOutcome End(ListSource freshness, ListTrust trust, ResourceVersion seen, ResourceVersion listed)
    {
        var (source, target) = (context.Source, context.Target);
        if (freshness != ListSource.Restored && listed.IsOlderThan(seen))
        {
            return ReflectorErrors.WentBack(source, listed, seen);
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
            resyncs.EndRepair();
        }

        return new(ReflectorEnding.Done);
    }
}
