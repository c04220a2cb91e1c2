using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Metrics;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// Bearer tokens of the clusters. A token is reviewed by the cluster that the request names and by no other
/// (<see cref="TokenRoute"/>); each cluster decides what is visible of it.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Tokens are held as digests; the text of one is held only while it is in use. Refused ones are
/// remembered for seconds, apart from the others. Thread-safe.
/// </remarks>
internal sealed partial class KubernetesAuthenticator(
    Func<IReadOnlyList<ClusterSession>> clusters,
    AccessOptions options,
    FailureBudget failures,
    GatewayInstruments instruments,
    TimeProvider time,
    ILogger logger
) : IAuthenticator
{
    // For so long a token that was accepted goes before those of strangers.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, KubernetesCaller> _callers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KubernetesCaller> _candidates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ReviewedCluster> _clusters = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _unverified = new(StringComparer.Ordinal);
    private readonly RefusedTokens _refused = new(time);
    private ITimer? _sweep;

    /// <summary>The clusters there are now.</summary>
    public IReadOnlyList<ClusterSession> Sessions => clusters();

    public TimeSpan CacheFor => options.CacheFor;

    public TimeProvider Time => time;

    /// <summary>Accepted tokens that are remembered, and refused ones.</summary>
    public (int Accepted, int Refused) Remembered => (_callers.Count, _refused.Count);

    public async ValueTask<Authentication> AuthenticateAsync(PresentedToken presented, CancellationToken cancellationToken)
    {
        // 1. Where the token may go at all.
        var sessions = Sessions;
        if (sessions.Count == 0)
        {
            throw new AccessUnavailableException("there is no cluster that can review the token");
        }

        var route = TokenRoute.Choose(
            [.. sessions.Select(session => (session.Name, IsVerified(session)))],
            presented.Clusters,
            JwtClaims.Read(presented.Token),
            options,
            time.GetUtcNow()
        );
        if (route.Refusal is { } refusal)
        {
            if (refusal.Status == 403 && refusal.Detail is { } detail && _unverified.Count < 100 && _unverified.TryAdd(detail, 0))
            {
                LogUnverified(detail);
            }

            return refusal;
        }

        // 2. Is it cached? The key is a digest: a lookup does not compare secrets byte by byte.
        var key = $"{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(presented.Token)))} {string.Join('\n', route.Clusters)}";
        var isKnown = _callers.TryGetValue(key, out var rights);
        if (!isKnown && _refused.Contains(key))
        {
            return Authentication.Refused("the token is not accepted");
        }

        if (!isKnown && !failures.MayTry(presented.Address))
        {
            return Authentication.TooMany();
        }

        rights ??= _candidates.GetOrAdd(
            key,
            static (_, made) => new KubernetesCaller(made.Self, made.Clusters, made.Self.Time.GetTimestamp()),
            (Self: this, route.Clusters)
        );
        rights.Touch(presented.Token);
        var reviewed = route.Clusters.Select(rights.At).ToArray();
        if (
            Array.Exists(reviewed, caller => caller.LastUser is not null && caller.IsKnownSince(options.CacheFor))
            && rights.Caller() is { } known
        )
        {
            return Authentication.Of(known);
        }

        // 3. Its clusters review it; unavailable ones delay the others no longer than the timeout of a review.
        try
        {
            return await ReviewAsync(key, rights, reviewed, isKnown ? null : presented.Address, cancellationToken);
        }
        finally
        {
            _candidates.TryRemove(key, out _);
        }
    }

    /// <summary>The reviews of a cluster.</summary>
    public ReviewedCluster Cluster(string name) =>
        _clusters.GetOrAdd(
            name,
            static (name, self) =>
                new ReviewedCluster(
                    name,
                    () => self.Find(name)?.Source.Client is { } client ? new ReviewClient(client) : null,
                    self.Options,
                    self.Instruments,
                    self.Time,
                    self.Logger
                ),
            this
        );

    /// <summary>A cluster by its name; null if it has gone.</summary>
    public ClusterSession? Find(string name) => Sessions.FirstOrDefault(session => session.Name == name);

    /// <summary>Starts to drop unused tokens. Clusters are asked only when a caller comes.</summary>
    public void Start() => _sweep ??= time.CreateTimer(_ => Sweep(), null, options.CacheFor, options.CacheFor);

    /// <summary>Drops the texts of tokens that are not in use, and tokens unused for long; called by a timer.</summary>
    public void Sweep()
    {
        var textKept = options.CacheFor > options.TicketLifetime ? options.CacheFor : options.TicketLifetime;
        foreach (var (key, caller) in _callers)
        {
            if (caller.TryForgetToken(textKept) && time.GetElapsedTime(caller.LastUsed) > RememberedFor)
            {
                _callers.TryRemove(key, out _);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_sweep is not null)
        {
            await _sweep.DisposeAsync();
        }

        foreach (var cluster in _clusters.Values)
        {
            await cluster.DisposeAsync();
        }
    }

    private AccessOptions Options => options;

    private GatewayInstruments Instruments => instruments;

    private ILogger Logger => logger;

    private async Task<Authentication> ReviewAsync(
        string key,
        KubernetesCaller rights,
        ReviewedCaller[] reviewed,
        string? stranger,
        CancellationToken cancellationToken
    )
    {
        // A stranger's token waits in the queue of its address, and is dropped if others of that address were refused
        // meanwhile.
        var lane = stranger is null ? TokenLane.Known : new TokenLane(stranger, () => failures.MayTry(stranger));
        var unavailable = new List<AccessUnavailableException>();
        var users = await Task.WhenAll(reviewed.Select(caller => ReviewAsync(caller, lane, unavailable, cancellationToken)));
        if (Array.Exists(users, user => user is not null) && rights.Caller() is { } found)
        {
            if (_callers.TryAdd(key, rights))
            {
                MakeRoom();
            }

            return Authentication.Of(found);
        }

        // If a cluster that might accept it was unavailable, the token is neither accepted nor refused.
        if (unavailable.Count > 0)
        {
            return unavailable.TrueForAll(error => error is AccessBacklogException)
                ? Authentication.TooMany()
                : throw unavailable.First(error => error is not AccessBacklogException);
        }

        _callers.TryRemove(key, out _);
        _refused.Add(key);
        if (stranger is not null)
        {
            failures.Failed(stranger);
        }

        return Authentication.Refused(
            "the token is not accepted",
            $"the token is not accepted by {string.Join(", ", reviewed.Select(caller => caller.Cluster.Name))}: {reviewed[0].Error}"
        );
    }

    private async Task<ReviewedUser?> ReviewAsync(
        ReviewedCaller caller,
        TokenLane lane,
        List<AccessUnavailableException> unavailable,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await caller.UserAsync(options.CacheFor, lane, cancellationToken);
        }
        catch (AccessUnavailableException error)
        {
            lock (unavailable)
            {
                unavailable.Add(error);
            }

            return null;
        }
    }

    /// <summary>True if the connection proves whose the server is, or does not leave this machine.</summary>
    private static bool IsVerified(ClusterSession session) =>
        session.Source.Client?.Configuration is not { } configuration
        || configuration.Server.IsLoopback
        || (configuration.Server.Scheme == Uri.UriSchemeHttps && !configuration.InsecureSkipTlsVerify);

    /// <summary>Makes room for another token: the one unused for longest is dropped.</summary>
    private void MakeRoom()
    {
        if (_callers.Count <= options.MaxRemembered)
        {
            return;
        }

        foreach (
            var (key, _) in _callers
                .Where(pair => !pair.Value.IsInUse)
                .OrderBy(pair => pair.Value.LastUsed)
                .Take(Math.Max(1, options.MaxRemembered / 10))
        )
        {
            _callers.TryRemove(key, out _);
        }
    }

    [LoggerMessage(
        3096,
        LogLevel.Error,
        "{Reason}; callers of that cluster are refused. Set the cluster's certificate-authority in the kubeconfig"
    )]
    private partial void LogUnverified(string reason);
}
