using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Metrics;
using Vigia.Kubernetes;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// The token and access reviews of one cluster: a limited number at a time, and those of open streams are renewed in
/// time.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Callers take turns: a caller with a thousand reviews delays another by one. Each has a budget of
/// reviews, and exceeding it fails only that caller (<see cref="AccessBacklogException"/>), never the cluster. Token
/// reviews have slots of their own. After a failed review an unavailable cluster is left alone for a moment, so that
/// requests are refused at once instead of waiting one after the other. Dispose ends running reviews and waits for
/// them. Thread-safe.
/// </remarks>
internal sealed partial class ReviewedCluster : IAsyncDisposable
{
    // How long a failure answers for the next questions: short against every bound on rights, long against a flood of
    // requests.
    private static readonly TimeSpan LeaveAlone = TimeSpan.FromSeconds(1);

    // Limit per flow: further ones are refused at once; clients try again.
    private const int MostWaiting = 256;

    private readonly Func<IAccessReviewer?> _reviewer;
    private readonly AccessOptions _options;
    private readonly GatewayInstruments? _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FairQueue _tokens;
    private readonly FairQueue _access;
    private readonly ReviewBudgets _budgets;
    private readonly ConcurrentDictionary<Task, byte> _refreshing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly ConcurrentDictionary<ReviewedCaller, byte> _followed = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile Failure? _failure;
    private Task? _loop;
    private long _asked;
    private int _under;

    public ReviewedCluster(
        string name,
        Func<IAccessReviewer?> reviewer,
        AccessOptions options,
        GatewayInstruments? instruments,
        TimeProvider time,
        ILogger logger
    )
    {
        (Name, _reviewer, _options, _instruments, _time, _logger) = (name, reviewer, options, instruments, time, logger);
        _stopped = _stopping.Token;
        _tokens = new FairQueue(options.ReviewConcurrency, MostWaiting);
        _access = new FairQueue(options.ReviewConcurrency, MostWaiting);
        _budgets = new ReviewBudgets(options, time);
    }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    public AccessOptions Options => _options;

    public TimeProvider Time => _time;

    /// <summary>True once reviews have ended.</summary>
    public bool IsStopping => _stopped.IsCancellationRequested;

    /// <summary>Reviews sent since the start.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>Reviews a token.</summary>
    /// <exception cref="AccessBacklogException">Too many wait in its lane, or it is not worth it any more.</exception>
    /// <exception cref="AccessUnavailableException">The cluster is unavailable.</exception>
    public Task<TokenDecision> ReviewTokenAsync(string token, TokenLane lane) =>
        AskAsync(
            new Question<TokenDecision>(
                "create tokenreviews.authentication.k8s.io",
                "token",
                _tokens,
                lane,
                static decision => decision.User is not null,
                (reviewer, ct) => reviewer.ReviewTokenAsync(token, ct)
            )
        );

    /// <summary>Whether a user may do something.</summary>
    /// <exception cref="AccessBacklogException">The user causes more questions than its share.</exception>
    /// <exception cref="AccessUnavailableException">The cluster is unavailable.</exception>
    public async Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question)
    {
        await _budgets.SpendAsync(user.Name, _stopped);
        var decision = await AskAsync(
            new Question<AccessDecision>(
                "create subjectaccessreviews.authorization.k8s.io",
                "access",
                _access,
                new TokenLane(user.Name, null),
                static decision => decision.IsAllowed,
                (reviewer, ct) => reviewer.CanAsync(user, question, ct)
            )
        );
        if (decision.IsAllowed)
        {
            _budgets.Allowed(user.Name);
        }

        return decision;
    }

    /// <summary>A review was answered from the cache.</summary>
    public void Remembered(string kind) => _instruments?.Remembered(Name, kind);

    /// <summary>A renewal failed unexpectedly.</summary>
    public void Tell(Exception fault) => LogFault(Name, fault);

    /// <summary>From now on the caller's rights are renewed as they age.</summary>
    public void Follow(ReviewedCaller caller)
    {
        _followed[caller] = 0;
        lock (_followed)
        {
            if (!_stopped.IsCancellationRequested)
            {
                _loop ??= Task.Run(() => LoopAsync(_stopped), CancellationToken.None);
            }
        }
    }

    /// <summary>There are no more readers.</summary>
    public void Unfollow(ReviewedCaller caller) => _followed.TryRemove(caller, out _);

    /// <summary>A review is due now, not when it has aged.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Another thread woke it in between.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task? loop;
        lock (_followed)
        {
            loop = _loop;
        }

        if (loop is not null)
        {
            await loop;
        }

        await Task.WhenAll(_refreshing.Keys);

        // Questions under way were cancelled; each ends by itself.
        while (Volatile.Read(ref _under) > 0)
        {
            await Task.Yield();
        }

        _stopping.Dispose();
    }

    private async Task<T> AskAsync<T>(Question<T> question)
    {
        ThrowIfLeftAlone();
        var reviewer = _reviewer() ?? throw new AccessUnavailableException($"cluster {Name} cannot review callers");
        using var late = new CancellationTokenSource(_options.ReviewTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopped);
        Interlocked.Increment(ref _under);
        try
        {
            await EnterAsync(question.Queue, question.Lane, either.Token);
            try
            {
                return await AskAsync(question, reviewer);
            }
            finally
            {
                question.Queue.Leave();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _under);
        }
    }

    /// <summary>Waits for a slot. That there is none in time says nothing of the cluster.</summary>
    private async ValueTask EnterAsync(FairQueue queue, TokenLane lane, CancellationToken cancellationToken)
    {
        try
        {
            if (await queue.EnterAsync(lane.Flow, lane.IsUrgent, cancellationToken))
            {
                return;
            }
        }
        catch (OperationCanceledException) when (!_stopped.IsCancellationRequested)
        {
            // Too late: reported as a backlog.
        }
        catch (OperationCanceledException stopped)
        {
            throw new AccessUnavailableException("the gateway is stopping", stopped);
        }

        throw new AccessBacklogException(
            "too many of your access reviews are waiting; ask for less at a time, for example one namespace, and try again",
            TimeSpan.FromSeconds(2)
        );
    }

    private async Task<T> AskAsync<T>(Question<T> question, IAccessReviewer reviewer)
    {
        if (question.Lane.IsWorthwhile?.Invoke() == false)
        {
            throw new AccessBacklogException("too many tokens from this address were refused", TimeSpan.FromSeconds(2));
        }

        // Another waiter may have found the cluster unavailable meanwhile.
        ThrowIfLeftAlone();

        // The time to answer begins now: the wait before was for other callers.
        using var late = new CancellationTokenSource(_options.ReviewTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopped);
        try
        {
            Interlocked.Increment(ref _asked);
            var answer = await question.Ask(reviewer, either.Token);
            _instruments?.Reviewed(Name, question.Kind, question.IsYes(answer) ? "allowed" : "denied");
            if (_failure is not null)
            {
                _failure = null;
                LogAnswersAgain(Name);
            }

            return answer;
        }
        catch (OperationCanceledException stopped) when (_stopped.IsCancellationRequested)
        {
            throw new AccessUnavailableException("the gateway is stopping", stopped);
        }
        catch (KubernetesApiException refused) when (refused.Code is 400 or 404 or 413 or 422)
        {
            // This question is wrong, and says nothing of others. A 404 is an API server without the API, and so is the
            // next.
            _instruments?.Reviewed(Name, question.Kind, "failed");
            LogRefusedQuestion(Name, refused.Message);
            throw new AccessUnavailableException($"cluster {Name} refuses the access review", refused);
        }
        catch (Exception error)
        {
            _instruments?.Reviewed(Name, question.Kind, "failed");

            // Every failure of a review means the same to the caller: its rights are unknown.
            throw Failed(question.Right, error);
        }
    }

    private void ThrowIfLeftAlone()
    {
        if (_failure is { } known && _time.GetElapsedTime(known.At) < LeaveAlone)
        {
            throw new AccessUnavailableException(known.Message);
        }
    }

    /// <summary>The log has the reason with host and file; a caller must not learn a cluster's address.</summary>
    private AccessUnavailableException Failed(string right, Exception error)
    {
        var (reason, told) = error switch
        {
            OperationCanceledException => (
                $"no answer within {_options.ReviewTimeout.TotalSeconds:0.#} s",
                $"no answer within {_options.ReviewTimeout.TotalSeconds:0.#} s"
            ),
            KubernetesApiException { Code: 403 } => (
                $"the gateway's own user lacks the right to {right}; give it the cluster role system:auth-delegator ({error.Message})",
                $"the gateway's own user lacks the right to {right}"
            ),
            KubernetesApiException { Code: var code } => (error.Message, $"it answers {code}"),
            _ => (error.Message, "it is unreachable"),
        };
        var message = $"access reviews fail at cluster {Name}: {told}";
        var first = _failure is null;
        _failure = new Failure(message, _time.GetTimestamp());
        if (first)
        {
            LogUnavailable(Name, reason);
        }

        return new AccessUnavailableException(message, error);
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        // Six looks per lifetime of an answer: a right that is taken away is noticed within 7/6 of it.
        var tick = _options.CacheFor / 6;
        try
        {
            while (true)
            {
                await WaitAsync(tick, stopping);
                foreach (var caller in _followed.Keys)
                {
                    // One that waits for its budget holds up no other.
                    if (caller.TryBeginRefresh() is { IsCompleted: false } refresh)
                    {
                        _refreshing[refresh] = 0;
                        _ = refresh.ContinueWith(
                            static (ended, all) => ((ConcurrentDictionary<Task, byte>)all!).TryRemove(ended, out _),
                            _refreshing,
                            CancellationToken.None,
                            TaskContinuationOptions.None,
                            TaskScheduler.Default
                        );
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task WaitAsync(TimeSpan tick, CancellationToken stopping)
    {
        using var due = new CancellationTokenSource(tick, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, stopping);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The tick.
        }
    }

    [LoggerMessage(
        3060,
        LogLevel.Warning,
        "{Cluster}: access reviews fail; new requests are refused, open streams keep their rights for a limited time: {Reason}"
    )]
    private partial void LogUnavailable(string cluster, string reason);

    [LoggerMessage(3061, LogLevel.Information, "{Cluster}: access reviews work again")]
    private partial void LogAnswersAgain(string cluster);

    [LoggerMessage(
        3098,
        LogLevel.Error,
        "{Cluster}: renewing the access reviews failed; retrying. This is a bug in Vigia: please report it with this trace"
    )]
    private partial void LogFault(string cluster, Exception fault);

    [LoggerMessage(3097, LogLevel.Warning, "{Cluster}: an access review was refused: {Reason}")]
    private partial void LogRefusedQuestion(string cluster, string reason);

    private sealed record Question<T>(
        string Right,
        string Kind,
        FairQueue Queue,
        TokenLane Lane,
        Func<T, bool> IsYes,
        Func<IAccessReviewer, CancellationToken, Task<T>> Ask
    );

    private sealed record Failure(string Message, long At);
}
