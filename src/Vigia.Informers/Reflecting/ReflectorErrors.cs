using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>Maps failures to the outcomes of the machine.</summary>
internal static class ReflectorErrors
{
    /// <summary>Of a request that failed, or a stream that broke.</summary>
    public static ReflectorOutcome OutcomeOf(Exception error, IListerWatcher source) =>
        error switch
        {
            KubernetesApiException api => OutcomeOf(api.Status, source) with { RetryAfter = api.RetryAfter },
            ObjectFormatException format => new(
                ReflectorEnding.Undecodable,
                $"{source.Cluster} sent something other than {source.Resource.GroupResource}: {format.Message}"
            ),
            IOException or HttpRequestException => new(
                ReflectorEnding.Unavailable,
                $"the connection to {source.Cluster} broke while {source.Resource.GroupResource} were being watched: "
                    + $"{(error.InnerException ?? error).Message.TrimEnd('.')}"
            ),
            _ => new(ReflectorEnding.Unavailable, error.Message),
        };

    /// <summary>Of a Status, be it the answer to a request or within a watch.</summary>
    public static ReflectorOutcome OutcomeOf(KubernetesStatus status, IListerWatcher source)
    {
        var ending = status switch
        {
            { IsExpired: true } or { IsTooLargeResourceVersion: true } => ReflectorEnding.Expired,
            { Code: 429 } => ReflectorEnding.Throttled,
            { Code: 401 or 403 } => ReflectorEnding.Denied,
            _ => ReflectorEnding.Unavailable,
        };
        return new(ending, $"{source.Cluster}: {status.Message}", status.RetryAfter);
    }

    /// <summary>Of a history check; null if the reflector continues.</summary>
    public static ReflectorOutcome? OutcomeOf(HistoryCheck check) =>
        check.Verdict switch
        {
            HistoryVerdict.Other => new(ReflectorEnding.WentBack, check.Evidence),
            HistoryVerdict.Undecided => new(ReflectorEnding.ResyncRequested, $"comparing the cache with a list: {check.Evidence}"),
            _ => null,
        };

    /// <summary>Of a revision that is older than one seen before.</summary>
    public static ReflectorOutcome WentBack(IListerWatcher source, ResourceVersion revision, ResourceVersion seen) =>
        new(
            ReflectorEnding.WentBack,
            $"{source.Cluster} answers at revision {revision}, though {seen} was seen before: it was restored to an older state"
        );
}
