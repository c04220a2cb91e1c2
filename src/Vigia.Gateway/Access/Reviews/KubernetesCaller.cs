using System.Collections.Concurrent;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// The rights of a token's user at the clusters that the token is for. Other clusters show nothing, and do not receive
/// the token.
/// </summary>
internal sealed class KubernetesCaller(KubernetesAuthenticator owner, IReadOnlyList<string> clusters, long now) : CallerRights
{
    private readonly ConcurrentDictionary<string, ReviewedCaller> _clusters = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Caller? _caller;
    private string? _token;
    private long _lastUsed = now;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Time of the last request, as a timestamp.</summary>
    public long LastUsed
    {
        get
        {
            lock (_gate)
            {
                return _lastUsed;
            }
        }
    }

    /// <summary>True while a request or a stream of it is open.</summary>
    public bool IsInUse => _caller is { Open: > 0 };

    /// <summary>The token's text; null if it is not in use.</summary>
    public string? Token
    {
        get
        {
            lock (_gate)
            {
                return _token;
            }
        }
    }

    public override bool Covers(string cluster) => clusters.Contains(cluster);

    /// <summary>The token came with a request.</summary>
    public void Touch(string token)
    {
        lock (_gate)
        {
            (_token, _lastUsed) = (token, owner.Time.GetTimestamp());
        }
    }

    /// <summary>
    /// Forgets the token's text where nothing is open and it was not used for <paramref name="age"/>; false if it is
    /// in use.
    /// </summary>
    public bool TryForgetToken(TimeSpan age)
    {
        lock (_gate)
        {
            if (IsInUse || owner.Time.GetElapsedTime(_lastUsed) <= age)
            {
                return false;
            }

            _token = null;
            return true;
        }
    }

    /// <summary>The token at one of its clusters.</summary>
    public ReviewedCaller At(string cluster) =>
        _clusters.GetOrAdd(cluster, static (name, self) => new ReviewedCaller(self.Owner.Cluster(name), self), this);

    /// <summary>
    /// The user, as reported by the first cluster that accepts the token; null if none does. The same object for as
    /// long as that stays so.
    /// </summary>
    public Caller? Caller()
    {
        lock (_gate)
        {
            if (_caller is { } made && !made.Ended.IsCancellationRequested)
            {
                return made;
            }

            return Users().FirstOrDefault() is not { User: { } user } first
                ? null
                : _caller = new Caller(user.Name, user.Uid, user.Groups, this) { Realm = first.Cluster };
        }
    }

    public override Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _change.Task;
            }
        }
    }

    public override IResourceRights For(ResourceFeed feed, AccessVerb verb) =>
        Covers(feed.Cluster)
            ? At(feed.Cluster).For(ResourceOf(feed), verb, new FeedNamespaces(() => owner.Find(feed.Cluster), feed.Entry.Name))
            : FixedRights.Nothing.For(feed, verb);

    public override async ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken)
    {
        if (!Covers(feed.Cluster))
        {
            return false;
        }

        var (caller, resource, inNamespace) = (At(feed.Cluster), ResourceOf(feed), ns.Length > 0 ? ns : null);
        if (await caller.CanAsync(new AccessQuestion("get", resource), owner.CacheFor, cancellationToken))
        {
            return true;
        }

        // A namespace that does not exist contains nothing to get: no review is needed.
        return (inNamespace is null || new FeedNamespaces(() => owner.Find(feed.Cluster), feed.Entry.Name).Exists(inNamespace))
            && (
                (
                    inNamespace is not null
                    && await caller.CanAsync(new AccessQuestion("get", resource, inNamespace), owner.CacheFor, cancellationToken)
                ) || await caller.CanAsync(new AccessQuestion("get", resource, inNamespace, name), owner.CacheFor, cancellationToken)
            );
    }

    public override async ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken)
    {
        // The answer is about all clusters, so all of them must allow it.
        foreach (var session in owner.Sessions)
        {
            if (
                !Covers(session.Name)
                || !await At(session.Name).CanAsync(new AccessQuestion("get", default) { Path = path }, owner.CacheFor, cancellationToken)
            )
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A scope has changed: every reader of any scope reads again.</summary>
    public void ScopeChanged()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            changed = _change;
            _change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    private KubernetesAuthenticator Owner => owner;

    // Before the server's version is known there are no objects either; RBAC uses group and resource.
    private static GroupVersionResource ResourceOf(ResourceFeed feed) => feed.Informer?.Resource ?? feed.Entry.Versions[0];

    private IEnumerable<(string Cluster, ReviewedUser? User)> Users() =>
        clusters.Select(cluster => (cluster, At(cluster).LastUser)).Where(pair => pair.LastUser is not null);

    /// <summary>
    /// A cluster reports another user than before, or none. If no cluster accepts the token any more, or the user
    /// changed, its open streams end.
    /// </summary>
    public void IdentityChanged()
    {
        Caller? ended = null;
        lock (_gate)
        {
            if (_caller is { } made && !Users().Any(pair => pair.User!.Name == made.Name))
            {
                ended = made;
            }
        }

        ended?.End();
    }
}
