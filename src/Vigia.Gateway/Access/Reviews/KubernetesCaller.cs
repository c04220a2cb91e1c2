using System.Collections.Concurrent;
using Vigia.Gateway.Clusters;
using Vigia.Kubernetes.Access;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>The rights of a token's owner at every cluster.</summary>
internal sealed class KubernetesCaller(KubernetesAuthenticator owner, string token, long now) : CallerRights
{
    private readonly ConcurrentDictionary<string, ReviewedCaller> _clusters = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Caller? _caller;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When it last asked, as a timestamp.</summary>
    public long LastUsed { get; set; } = now;

    /// <summary>True while a request or a stream of it is open.</summary>
    public bool IsInUse => _caller is { Open: > 0 };

    /// <summary>The token at one cluster.</summary>
    public ReviewedCaller At(string cluster) => _clusters.GetOrAdd(cluster, static (name, self) => new ReviewedCaller(self.Owner.Cluster(name), self.Token, self), this);

    /// <summary>Who it is, in the words of the first cluster that knows; null where none does. The same object for as long as that stays so.</summary>
    public Caller? Caller()
    {
        lock (_gate)
        {
            if (_caller is { } made && !made.Ended.IsCancellationRequested)
            {
                return made;
            }

            return Users().FirstOrDefault() is not { } user ? null : _caller = new Caller(user.Name, user.Uid, user.Groups, this);
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

    public override IResourceRights For(ResourceFeed feed, AccessVerb verb) => At(feed.Cluster).For(ResourceOf(feed), verb);

    public override async ValueTask<bool> MayGetAsync(ResourceFeed feed, string ns, string name, CancellationToken cancellationToken)
    {
        var (caller, resource, inNamespace) = (At(feed.Cluster), ResourceOf(feed), ns.Length > 0 ? ns : null);
        return await caller.CanAsync(new AccessQuestion("get", resource), owner.CacheFor, cancellationToken)
               || (inNamespace is not null && await caller.CanAsync(new AccessQuestion("get", resource, inNamespace), owner.CacheFor, cancellationToken))
               || await caller.CanAsync(new AccessQuestion("get", resource, inNamespace, name), owner.CacheFor, cancellationToken);
    }

    public override async ValueTask<bool> MayReadAsync(string path, CancellationToken cancellationToken)
    {
        // What is told there is of all clusters, so all have to say yes.
        foreach (var session in owner.Sessions)
        {
            if (!await At(session.Name).CanAsync(new AccessQuestion("get", default) { Path = path }, owner.CacheFor, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A scope has become another: whoever looks at any looks again.</summary>
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

    private string Token => token;

    // Before the server's version is known there are no objects either; RBAC looks at group and resource.
    private static GroupVersionResource ResourceOf(ResourceFeed feed) => feed.Informer?.Resource ?? feed.Entry.Versions[0];

    private IEnumerable<ReviewedUser> Users() => owner.Sessions.Select(session => At(session.Name).LastUser).OfType<ReviewedUser>();

    /// <summary>A cluster says another name than before, or none. Where none is left that knows the token, what it opened ends; so it does where it has become another's.</summary>
    public void IdentityChanged()
    {
        Caller? ended = null;
        lock (_gate)
        {
            if (_caller is { } made && !Users().Any(user => user.Name == made.Name))
            {
                ended = made;
            }
        }

        ended?.End();
    }
}
