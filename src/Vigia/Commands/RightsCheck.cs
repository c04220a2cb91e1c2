using Vigia.Kubernetes;

namespace Vigia.Commands;

/// <summary>Whether a resource may be listed and watched.</summary>
/// <param name="Lacks">The verbs that are not allowed.</param>
/// <param name="Unknown">Why the server could not be asked; null if it answered.</param>
internal sealed record ResourceRights(IReadOnlyList<string> Lacks, string? Unknown);

/// <summary>
/// Reviews rights, resource by resource. A busy server is retried as it requests; a missing answer is unknown, not an
/// error.
/// </summary>
internal sealed class RightsCheck(KubernetesClient client, TimeProvider time)
{
    private const int Attempts = 4;

    private static readonly string[] Verbs = ["list", "watch"];
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(1);

    private readonly AccessClient _access = new(client);
    private string? _noReviews;

    // For all requests together: a check of some forty resources must come to an end.
    private TimeSpan _patience = TimeSpan.FromMinutes(1);

    /// <summary>The rights on a resource in all namespaces.</summary>
    public async Task<ResourceRights> OfAsync(GroupVersionResource resource, CancellationToken cancellationToken)
    {
        var lacks = new List<string>();
        foreach (var verb in Verbs)
        {
            if (_noReviews is not null)
            {
                return new([], _noReviews);
            }

            try
            {
                if (!(await AskAsync(() => _access.CanIAsync(verb, resource, ct: cancellationToken), cancellationToken)).IsAllowed)
                {
                    lacks.Add(verb);
                }
            }
            catch (KubernetesApiException absent) when (absent.Code is 404 or 405 or 501)
            {
                _noReviews = $"the server does not support SelfSubjectAccessReview ({absent.Message})";
            }
            catch (KubernetesApiException refused) when (!refused.IsUnauthorized)
            {
                // A verb that is not allowed is known without the other.
                return new(lacks, lacks.Count > 0 ? null : refused.Message);
            }
        }

        return new(lacks, lacks.Count > 0 ? null : _noReviews);
    }

    /// <summary>Repeats a request that a busy server refused, after the time it asks for.</summary>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ask();
            }
            catch (KubernetesApiException busy)
                when (busy.IsTransient && attempt < Attempts && (busy.RetryAfter ?? DefaultWait) <= _patience)
            {
                var wait = busy.RetryAfter ?? DefaultWait;
                _patience -= wait;
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }
}
