using System.Collections.Frozen;
using Vigia.Kubernetes.Access;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>A user's rights on one resource of one cluster, made of the cluster's answers: first about all namespaces, else about each that holds objects.</summary>
internal sealed class ReviewedRights(ReviewedCaller caller, GroupVersionResource resource, AccessVerb verb) : IResourceRights
{
    private static readonly string[][] Verbs = [["list"], ["get"], ["list", "watch"]];

    private readonly Lock _gate = new();
    private readonly HashSet<string> _namespaces = new(StringComparer.Ordinal);
    private volatile ViewScope _scope = ViewScope.Nothing;
    private int _followers;

    public ViewScope Scope => _scope;

    public int Followers => Volatile.Read(ref _followers);

    private ReviewedCaller Caller => caller;

    private string[] Words => Verbs[(int)verb];

    public async ValueTask PrepareAsync(IEnumerable<string> namespaces, CancellationToken cancellationToken)
    {
        Remember(namespaces);
        await EvaluateAsync(cancellationToken);
    }

    public async ValueTask PrepareWholeAsync(CancellationToken cancellationToken)
    {
        await CanAsync(null, cancellationToken);
        Publish(null);
    }

    public void Ask(string ns)
    {
        if (_scope.Knows(ns))
        {
            return;
        }

        Remember([ns]);
        caller.Cluster.Wake();
    }

    public IDisposable Follow()
    {
        Interlocked.Increment(ref _followers);
        caller.Enter();
        return new Follower(this);
    }

    /// <summary>Asks again for what has aged. What cannot be asked is kept for as long as it may be, and then left.</summary>
    /// <param name="problem">Why the user cannot be known now; null where he is.</param>
    public async Task RefreshAsync(string? problem)
    {
        if (problem is null)
        {
            try
            {
                await EvaluateAsync(CancellationToken.None);
                return;
            }
            catch (AccessUnavailableException unavailable)
            {
                problem = unavailable.Message;
            }
        }

        Publish(problem);
    }

    private async ValueTask EvaluateAsync(CancellationToken cancellationToken)
    {
        if (!await CanAsync(null, cancellationToken))
        {
            // The cluster's own limit on questions at a time holds them back; begun all at once they take as long as the slowest, not as their sum.
            await Task.WhenAll(Namespaces().Select(ns => CanAsync(ns, cancellationToken).AsTask()));
        }

        Publish(null);
    }

    private async ValueTask<bool> CanAsync(string? ns, CancellationToken cancellationToken)
    {
        foreach (var word in Words)
        {
            if (!await caller.CanAsync(new AccessQuestion(word, resource, ns), caller.Cluster.Options.CacheFor, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private bool? Held(string? ns)
    {
        foreach (var word in Words)
        {
            if (caller.Held(new AccessQuestion(word, resource, ns)) is not true and var no)
            {
                return no;
            }
        }

        return true;
    }

    private void Remember(IEnumerable<string> namespaces)
    {
        lock (_gate)
        {
            foreach (var ns in namespaces)
            {
                // Objects without a namespace are seen by those who see all.
                if (ns.Length > 0)
                {
                    _namespaces.Add(ns);
                }
            }
        }
    }

    private string[] Namespaces()
    {
        lock (_gate)
        {
            return [.. _namespaces];
        }
    }

    /// <summary>Makes the scope of the answers as they are now, so that of two who asked at the same time the slower does not bring back what the faster knew better.</summary>
    private void Publish(string? problem)
    {
        lock (_gate)
        {
            var all = Held(null) == true;
            var answers = all ? [] : _namespaces.Select(ns => (Namespace: ns, IsAllowed: Held(ns))).ToArray();
            var allowed = answers.Where(answer => answer.IsAllowed == true).Select(answer => answer.Namespace).ToFrozenSet(StringComparer.Ordinal);
            var refused = answers.Where(answer => answer.IsAllowed == false).Select(answer => answer.Namespace).Append("").ToFrozenSet(StringComparer.Ordinal);
            var was = _scope;
            if (was.All == all && was.Problem == problem && was.Allowed.SetEquals(allowed) && was.Refused.SetEquals(refused))
            {
                return;
            }

            _scope = new ViewScope(all, allowed, refused, problem);
        }

        caller.ScopeChanged();
    }

    private sealed class Follower(ReviewedRights rights) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref rights._followers);
                rights.Caller.Leave();
            }
        }
    }
}
