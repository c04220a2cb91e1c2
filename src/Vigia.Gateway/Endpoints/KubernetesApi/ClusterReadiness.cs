using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// Whether discovery of a cluster has succeeded: before that nothing is "not found", since clients would keep that
/// answer.
/// </summary>
internal static class ClusterReadiness
{
    private const int RetryAfter = 1;

    /// <summary>Refuses while discovery has not succeeded.</summary>
    /// <exception cref="StatusRefusal">503 with when to try again.</exception>
    /// <param name="session">The cluster.</param>
    /// <param name="needsAll">True if custom resources must be known too.</param>
    public static void Demand(ClusterSession session, bool needsAll = false)
    {
        if (!session.IsDiscovered || (needsAll && !session.IsComplete))
        {
            throw new StatusRefusal(NotYet(session));
        }
    }

    /// <summary>The answer for an unknown resource: 404 once discovery is complete, 503 before.</summary>
    public static StatusAnswer Missing(ClusterSession session) => session.IsComplete ? StatusAnswer.NoSuchPath : NotYet(session);

    private static StatusAnswer NotYet(ClusterSession session) =>
        new(
            503,
            "ServiceUnavailable",
            session.Problem is { } problem
                ? $"discovery of {session.Name} failed: {problem}"
                : $"discovery of {session.Name} is in progress",
            RetryAfter
        );
}
