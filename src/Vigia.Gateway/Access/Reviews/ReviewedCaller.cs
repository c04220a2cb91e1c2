using System.Collections.Concurrent;
using Vigia.Kubernetes;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>A token at one cluster: its user there, and the access reviews, as long as they are valid.</summary>
/// <remarks>
/// <b>Guarantees.</b> Concurrent equal reviews are sent once. Only a positive answer of the cluster ever allows
/// anything. Thread-safe.
/// </remarks>
internal sealed class ReviewedCaller(ReviewedCluster cluster, KubernetesCaller owner)
{
    // Names are reviewed one by one if nothing more is allowed: aged answers make room for others.
    private const int MaxAnswers = 4_000;

    private readonly ConcurrentDictionary<AccessQuestion, Answer> _answers = new();
    private readonly ConcurrentDictionary<AccessQuestion, Task<Answer>> _asking = new();
    private readonly ConcurrentDictionary<(GroupVersionResource, AccessVerb), ReviewedRights> _rights = new();
    private readonly Lock _gate = new();
    private volatile Identity? _identity;
    private Task<Identity>? _identifying;
    private int _followers;
    private bool _isRefreshing;
    private bool _again;

    public ReviewedCluster Cluster => cluster;

    /// <summary>Streams that use the rights now.</summary>
    public int Followers => Volatile.Read(ref _followers);

    /// <summary>
    /// The user as last answered, however long ago; null if the token was refused or never reviewed.
    /// </summary>
    public ReviewedUser? LastUser => _identity?.User;

    /// <summary>Why the token was refused; empty if it was not.</summary>
    public string Error => _identity?.Error ?? "";

    /// <summary>True if the cluster refused the token.</summary>
    public bool IsRefused => _identity is { User: null };

    /// <summary>True if the last answer about the token is younger than <paramref name="age"/>.</summary>
    public bool IsKnownSince(TimeSpan age) => _identity is { } identity && cluster.Time.GetElapsedTime(identity.At) < age;

    /// <summary>
    /// The user of the token; null if the cluster refuses it. A cached answer younger than <paramref name="maxAge"/> is
    /// enough.
    /// </summary>
    /// <exception cref="AccessUnavailableException">The cluster is unavailable.</exception>
    public ValueTask<ReviewedUser?> UserAsync(TimeSpan maxAge, CancellationToken cancellationToken) =>
        UserAsync(maxAge, TokenLane.Known, cancellationToken);

    /// <summary>The same, for a token that may be a stranger's.</summary>
    /// <exception cref="AccessBacklogException">Too many wait in its lane, or it is not worth it any more.</exception>
    /// <exception cref="AccessUnavailableException">The cluster is unavailable.</exception>
    public async ValueTask<ReviewedUser?> UserAsync(TimeSpan maxAge, TokenLane lane, CancellationToken cancellationToken)
    {
        if (_identity is { } known && cluster.Time.GetElapsedTime(known.At) < maxAge)
        {
            cluster.Remembered("token");
            return known.User;
        }

        Task<Identity> asking;
        lock (_gate)
        {
            asking = _identifying is { IsCompleted: false } under ? under : _identifying = IdentifyAsync(lane);
        }

        return (await asking.WaitAsync(cancellationToken)).User;
    }

    /// <summary>Whether the user may do something. An answer younger than <paramref name="maxAge"/> will do.</summary>
    /// <exception cref="AccessUnavailableException">The cluster is unavailable.</exception>
    public async ValueTask<bool> CanAsync(AccessQuestion question, TimeSpan maxAge, CancellationToken cancellationToken)
    {
        if (_answers.TryGetValue(question, out var known) && cluster.Time.GetElapsedTime(known.At) < maxAge)
        {
            cluster.Remembered("access");
            return known.IsAllowed;
        }

        if (await UserAsync(maxAge, cancellationToken) is not { } user)
        {
            return false;
        }

        // The first waiter sends the review for all; it has its own timeout, so it outlives that waiter.
        var mine = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = _asking.GetOrAdd(question, mine.Task);
        if (ReferenceEquals(asking, mine.Task))
        {
            await AskAsync(user, question, mine);
        }

        return (await asking.WaitAsync(cancellationToken)).IsAllowed;
    }

    /// <summary>
    /// The cached answer: yes only if it is positive and not older than allowed while the cluster is unavailable; null
    /// if there is none.
    /// </summary>
    public bool? Held(AccessQuestion question)
    {
        if (!_answers.TryGetValue(question, out var known))
        {
            return null;
        }

        return known.IsAllowed
            && cluster.Time.GetElapsedTime(known.At) <= cluster.Options.KeepFor
            && _identity is { User: not null } identity
            && cluster.Time.GetElapsedTime(identity.At) <= cluster.Options.KeepFor;
    }

    /// <summary>True if the last answer was no, however long ago.</summary>
    public bool WasRefused(AccessQuestion question) => _answers.TryGetValue(question, out var known) && !known.IsAllowed;

    /// <summary>The rights on a resource.</summary>
    public ReviewedRights For(GroupVersionResource resource, AccessVerb verb, FeedNamespaces namespaces) =>
        _rights.GetOrAdd(
            (resource, verb),
            static (key, made) => new ReviewedRights(made.Caller, key.Item1, key.Item2, made.Namespaces),
            (Caller: this, Namespaces: namespaces)
        );

    /// <summary>A scope has become another.</summary>
    public void ScopeChanged() => owner.ScopeChanged();

    public void Enter()
    {
        if (Interlocked.Increment(ref _followers) == 1)
        {
            cluster.Follow(this);
        }
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _followers) == 0)
        {
            cluster.Unfollow(this);
            if (Followers > 0)
            {
                cluster.Follow(this);
            }
        }
    }

    /// <summary>Starts to renew reviews that streams use and that have aged; null if that is in progress.</summary>
    public Task? TryBeginRefresh()
    {
        lock (_gate)
        {
            if (_isRefreshing)
            {
                // Something may have been added since: it is looked at once more.
                _again = true;
                return null;
            }

            _isRefreshing = true;
        }

        return Task.Run(RefreshLoopAsync, CancellationToken.None);
    }

    /// <summary>Renews aged answers that streams use; never throws.</summary>
    private async Task RefreshAsync()
    {
        string? problem = null;
        try
        {
            await UserAsync(cluster.Options.CacheFor, CancellationToken.None);
        }
        catch (AccessUnavailableException unavailable)
        {
            problem = unavailable.Message;
        }

        foreach (var rights in _rights.Values)
        {
            if (rights.Followers > 0)
            {
                await rights.RefreshAsync(problem);
            }
        }
    }

    private async Task RefreshLoopAsync()
    {
        while (true)
        {
            try
            {
                await RefreshAsync();
            }
            catch (Exception fault)
            {
                // Rights without a renewal expire and are removed; they are reviewed again at the next tick.
                cluster.Tell(fault);
            }

            lock (_gate)
            {
                if (!_again || cluster.IsStopping)
                {
                    _isRefreshing = false;
                    return;
                }

                _again = false;
            }
        }
    }

    private async Task<Identity> IdentifyAsync(TokenLane lane)
    {
        // The lock is held by the caller: leave it first.
        await Task.Yield();
        var token =
            owner.Token
            ?? throw new AccessUnavailableException($"the token is no longer in memory, so cluster {cluster.Name} cannot review it");
        var decision = await cluster.ReviewTokenAsync(token, lane);
        var before = _identity;
        var identity = new Identity(decision.User, decision.Error, cluster.Time.GetTimestamp());
        if (before?.User is { } was && (decision.User is not { } now || !IsSame(was, now)))
        {
            // Another user, or other groups: earlier answers are void.
            _answers.Clear();
        }

        _identity = identity;
        if (before is null || before.User?.Name != identity.User?.Name)
        {
            owner.IdentityChanged();
        }

        return identity;
    }

    private async Task AskAsync(ReviewedUser user, AccessQuestion question, TaskCompletionSource<Answer> answered)
    {
        try
        {
            var at = cluster.Time.GetTimestamp();
            var answer = new Answer((await cluster.CanAsync(user, question)).IsAllowed, at);
            if (_answers.Count >= MaxAnswers)
            {
                MakeRoom();
            }

            // The user may have changed during the review: then the answer is discarded.
            if (ReferenceEquals(_identity?.User, user) || (_identity?.User is { } current && IsSame(current, user)))
            {
                _answers[question] = answer;
            }

            answered.SetResult(answer);
        }
        catch (Exception failed)
        {
            // Whatever failed, the waiters are answered.
            answered.SetException(failed);
            _ = answered.Task.Exception; // observed here: nobody else may wait
        }
        finally
        {
            _asking.TryRemove(question, out _);
        }
    }

    private void MakeRoom()
    {
        foreach (var (question, answer) in _answers)
        {
            if (cluster.Time.GetElapsedTime(answer.At) > cluster.Options.CacheFor)
            {
                _answers.TryRemove(question, out _);
            }
        }

        // All of them young: those about single names can be reviewed again at little cost, the others decide what
        // streams show.
        foreach (var (question, _) in _answers.Count < MaxAnswers ? [] : _answers.Where(pair => pair.Key.Name is not null))
        {
            _answers.TryRemove(question, out _);
        }
    }

    private static bool IsSame(ReviewedUser left, ReviewedUser right) =>
        left.Name == right.Name
        && left.Uid == right.Uid
        && left.Groups.SequenceEqual(right.Groups)
        && left.Extra.Count == right.Extra.Count
        && left.Extra.All(pair => right.Extra.TryGetValue(pair.Key, out var values) && values.SequenceEqual(pair.Value));

    private sealed record Answer(bool IsAllowed, long At);

    private sealed record Identity(ReviewedUser? User, string Error, long At);
}
