using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Metrics;
using Vigia.Kubernetes.Access;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>Bearer tokens of the clusters: each reviews them by itself, and one that knows the token is enough to get in; what is seen of a cluster is what that cluster allows.</summary>
internal sealed class KubernetesAuthenticator(Func<IReadOnlyList<ClusterSession>> clusters, AccessOptions options, GatewayInstruments instruments, TimeProvider time, ILogger logger) : IAuthenticator
{
    // A wrong token costs a question; asked in a loop it shall not cost one each time.
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, KubernetesCaller> _callers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ReviewedCluster> _clusters = new(StringComparer.Ordinal);

    /// <summary>The clusters there are now.</summary>
    public IReadOnlyList<ClusterSession> Sessions => clusters();

    public TimeSpan CacheFor => options.CacheFor;

    public async ValueTask<Authentication> AuthenticateAsync(string token, CancellationToken cancellationToken)
    {
        // The key is a digest: what is looked up is not compared byte by byte with what others sent.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (!_callers.TryGetValue(key, out var rights))
        {
            Forget();
            rights = _callers.GetOrAdd(key, _ => new KubernetesCaller(this, token, time.GetTimestamp()));
        }

        rights.LastUsed = time.GetTimestamp();
        var reviewed = Sessions.Select(session => rights.At(session.Name)).ToArray();

        // 1. One that is known to be good is enough; the other clusters are asked when somebody wants to see them.
        if (Array.Exists(reviewed, caller => caller.LastUser is not null && caller.IsKnownSince(options.CacheFor)) && rights.Caller() is { } known)
        {
            return new(known, "");
        }

        // 2. All are asked; those that cannot be keep the others waiting no longer than a review may take.
        var unavailable = new List<string>();
        var users = await Task.WhenAll(reviewed.Select(caller => ReviewAsync(caller, unavailable, cancellationToken)));
        if (Array.Exists(users, user => user is not null) && rights.Caller() is { } found)
        {
            return new(found, "");
        }

        // 3. Where one that might have known it could not be asked, nothing is known.
        if (unavailable.Count > 0 || reviewed.Length == 0)
        {
            throw new AccessUnavailableException(reviewed.Length == 0 ? "there is no cluster that could be asked whose token it is" : string.Join("; ", unavailable));
        }

        return new(null, $"the token is not accepted by {string.Join(", ", reviewed.Select(caller => caller.Cluster.Name))}: {reviewed[0].Error}");
    }

    /// <summary>The cluster as a judge.</summary>
    public ReviewedCluster Cluster(string name)
        => _clusters.GetOrAdd(name, static (name, self) => new ReviewedCluster(name, () => self.Sessions.FirstOrDefault(session => session.Name == name)?.Source.Client is { } client ? new ReviewClient(client) : null, self.Options, self.Instruments, self.Time, self.Logger), this);

    public void Start()
    {
        // Clusters are asked when somebody comes.
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _clusters.Values)
        {
            await cluster.DisposeAsync();
        }
    }

    private AccessOptions Options => options;

    private GatewayInstruments Instruments => instruments;

    private TimeProvider Time => time;

    private ILogger Logger => logger;

    private async Task<ReviewedUser?> ReviewAsync(ReviewedCaller caller, List<string> unavailable, CancellationToken cancellationToken)
    {
        try
        {
            return await caller.UserAsync(caller.IsRefused ? RefusedFor : options.CacheFor, cancellationToken);
        }
        catch (AccessUnavailableException error)
        {
            lock (unavailable)
            {
                unavailable.Add(error.Message);
            }

            return null;
        }
    }

    /// <summary>Makes room: first those that are no longer believed, then, if somebody tries tokens by the thousand, whoever was not here for longest.</summary>
    private void Forget()
    {
        if (_callers.Count < options.MaxRemembered)
        {
            return;
        }

        foreach (var (key, _) in _callers.Where(pair => !pair.Value.IsInUse).OrderBy(pair => pair.Value.LastUsed).Take(Math.Max(1, options.MaxRemembered / 10)))
        {
            _callers.TryRemove(key, out _);
        }
    }
}
