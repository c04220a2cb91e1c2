using System.Collections.Frozen;
using Vigia.Kubernetes;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// A user's rights on one resource of one cluster, made of the cluster's answers: first about all namespaces, else
/// about each that is of interest.
/// </summary>
/// <remarks>
/// Relevant namespaces are those with objects, for streams all existing ones (their cursors depend on the allowed
/// namespaces, which must not depend on their current objects), and those that requests name, for as long as these
/// last. A namespace that does not exist is never reviewed.
/// </remarks>
internal sealed class ReviewedRights(ReviewedCaller caller, GroupVersionResource resource, AccessVerb verb, FeedNamespaces namespaces)
    : IResourceRights
{
    private static readonly string[][] Verbs =
    [
        ["list"],
        ["get"],
        ["list", "watch"],
    ];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _namespaces = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wereRefused = new(StringComparer.Ordinal);
    private ResourceVersion _historyFrom;
    private volatile ViewScope _scope = ViewScope.Nothing;
    private int _followers;

    public ViewScope Scope => _scope;

    public int Followers => Volatile.Read(ref _followers);

    private ReviewedCaller Caller => caller;

    private string[] Words => Verbs[(int)verb];

    public async ValueTask PrepareAsync(IReadOnlyCollection<string>? named, CancellationToken cancellationToken)
    {
        if (await CanAsync(null, cancellationToken))
        {
            Publish(null);
            return;
        }

        if (verb == AccessVerb.Watch)
        {
            await namespaces.SettledAsync(caller.Cluster.Options.ReviewTimeout, caller.Cluster.Time, cancellationToken);
        }

        var asked = Remember(named?.Where(namespaces.Exists) ?? OfInterest());
        await EvaluateAsync(asked, cancellationToken);
        Publish(null);
    }

    public string Fingerprint(IReadOnlyCollection<string>? named) => _scope.FingerprintOf(named ?? namespaces.All);

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

    public ResourceVersion HistoryFrom
    {
        get
        {
            lock (_gate)
            {
                return _historyFrom;
            }
        }
    }

    public bool IsGone(string ns)
    {
        if (ns.Length == 0 || _scope.All)
        {
            return false;
        }

        lock (_gate)
        {
            if (_namespaces.ContainsKey(ns))
            {
                return false;
            }
        }

        return !namespaces.Exists(ns);
    }

    public IDisposable Follow()
    {
        Interlocked.Increment(ref _followers);
        caller.Enter();
        return new Follower(this);
    }

    /// <summary>
    /// Renews aged answers. Without a renewal an answer is kept for the allowed time, and then dropped.
    /// </summary>
    /// <param name="problem">Why the user is unknown now; null if known.</param>
    public async Task RefreshAsync(string? problem)
    {
        if (problem is null)
        {
            try
            {
                if (!await CanAsync(null, CancellationToken.None))
                {
                    Forget();
                    Remember(OfInterest());
                    await EvaluateAsync(Namespaces().Where(namespaces.Exists), CancellationToken.None);
                }

                Publish(null);
                return;
            }
            catch (AccessUnavailableException unavailable)
            {
                problem = unavailable.Message;
            }
        }

        Publish(problem);
    }

    // As many at a time as the cluster would take of one caller alone; the others wait here, and not in its queue.
    private Task EvaluateAsync(IEnumerable<string> asked, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            asked,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = caller.Cluster.Options.ReviewConcurrency,
                CancellationToken = cancellationToken,
            },
            async (ns, ended) => await CanAsync(ns, ended)
        );

    private IEnumerable<string> OfInterest() => verb == AccessVerb.Watch ? namespaces.Held.Concat(namespaces.All ?? []) : namespaces.Held;

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

    private string[] Remember(IEnumerable<string> names)
    {
        // Cluster-scoped objects are visible to callers that see all namespaces.
        string[] kept = [.. names.Where(ns => ns.Length > 0).Distinct(StringComparer.Ordinal)];
        var now = caller.Cluster.Time.GetTimestamp();
        lock (_gate)
        {
            foreach (var ns in kept)
            {
                _namespaces[ns] = now;
            }
        }

        return kept;
    }

    /// <summary>Forgets namespaces that were of interest some time ago and are not any more.</summary>
    private void Forget()
    {
        var old = caller.Cluster.Options.CacheFor * 2;
        lock (_gate)
        {
            foreach (var (ns, at) in _namespaces)
            {
                if (caller.Cluster.Time.GetElapsedTime(at) > old && (Followers == 0 || !namespaces.Exists(ns)))
                {
                    _namespaces.Remove(ns);
                }
            }
        }
    }

    private string[] Namespaces()
    {
        lock (_gate)
        {
            return [.. _namespaces.Keys];
        }
    }

    private bool WasRefused(string? ns) => Array.Exists(Words, word => caller.WasRefused(new AccessQuestion(word, resource, ns)));

    /// <summary>
    /// A right that was granted after a refusal starts now: earlier changes are not sent, whatever cursor the client
    /// has.
    /// </summary>
    private void NoteGrants(IEnumerable<string> allowed, IReadOnlyList<string> refused)
    {
        if (allowed.Any(_wereRefused.Contains))
        {
            _historyFrom = namespaces.Revision;
        }

        _wereRefused.Clear();
        _wereRefused.UnionWith(refused);
    }

    /// <summary>
    /// Builds the scope from the current answers, so that of two concurrent reviews the slower does not overwrite the
    /// result of the faster.
    /// </summary>
    private void Publish(string? problem)
    {
        Forget();
        lock (_gate)
        {
            var all = Held(null) == true;
            var answers = all
                ? []
                : _namespaces.Keys.Select(ns => (Namespace: ns, IsAllowed: Held(ns) ?? (namespaces.Exists(ns) ? null : false))).ToArray();
            var allowed = answers
                .Where(answer => answer.IsAllowed == true)
                .Select(answer => answer.Namespace)
                .ToFrozenSet(StringComparer.Ordinal);
            var refused = answers
                .Where(answer => answer.IsAllowed == false)
                .Select(answer => answer.Namespace)
                .Append("")
                .ToFrozenSet(StringComparer.Ordinal);
            NoteGrants(all ? [""] : allowed, all ? [] : [.. refused.Where(ns => WasRefused(ns.Length > 0 ? ns : null))]);
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
