using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Metrics;
using Vigia.Kubernetes.Access;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>One cluster as the judge of tokens and rights: questions to it, at most so many at a time, and those of open streams asked again in time.</summary>
/// <remarks><b>Guarantees.</b> A cluster that cannot be asked is found out once and then left alone for a moment, so that requests are refused at once instead of one after the other waiting for it. Dispose ends the loop and waits for it. Safe on any thread.</remarks>
internal sealed partial class ReviewedCluster : IAsyncDisposable
{
    // How long a failure answers for the next questions: short against every bound on rights, long against a flood of requests.
    private static readonly TimeSpan LeaveAlone = TimeSpan.FromSeconds(1);

    private readonly Func<IAccessReviewer?> _reviewer;
    private readonly AccessOptions _options;
    private readonly GatewayInstruments? _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ReviewedCaller, byte> _followed = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile Failure? _failure;
    private Task? _loop;
    private long _asked;

    public ReviewedCluster(string name, Func<IAccessReviewer?> reviewer, AccessOptions options, GatewayInstruments? instruments, TimeProvider time, ILogger logger)
    {
        (Name, _reviewer, _options, _instruments, _time, _logger) = (name, reviewer, options, instruments, time, logger);
        _slots = new SemaphoreSlim(options.ReviewConcurrency, options.ReviewConcurrency);
    }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    public AccessOptions Options => _options;

    public TimeProvider Time => _time;

    /// <summary>Questions asked since the start.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>Whose token it is.</summary>
    /// <exception cref="AccessUnavailableException">The cluster cannot be asked.</exception>
    public Task<TokenDecision> ReviewTokenAsync(string token) => AskAsync("create tokenreviews.authentication.k8s.io", "token", static decision => decision.User is not null, (reviewer, ct) => reviewer.ReviewTokenAsync(token, ct));

    /// <summary>Whether a user may do something.</summary>
    /// <exception cref="AccessUnavailableException">The cluster cannot be asked.</exception>
    public Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question) => AskAsync("create subjectaccessreviews.authorization.k8s.io", "access", static decision => decision.IsAllowed, (reviewer, ct) => reviewer.CanAsync(user, question, ct));

    /// <summary>A question was answered from what is remembered.</summary>
    public void Remembered(string kind) => _instruments?.Remembered(Name, kind);

    /// <summary>From now on the caller's rights are asked for again as they age.</summary>
    public void Follow(ReviewedCaller caller)
    {
        _followed[caller] = 0;
        lock (_followed)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _loop ??= Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
            }
        }
    }

    /// <summary>Nobody looks any more.</summary>
    public void Unfollow(ReviewedCaller caller) => _followed.TryRemove(caller, out _);

    /// <summary>Something is to be asked now, not when it has aged.</summary>
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
            // Somebody else woke it in between.
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

        // Questions under way were cancelled; each gives its slot back.
        for (var slot = 0; slot < _options.ReviewConcurrency; slot++)
        {
            await _slots.WaitAsync(CancellationToken.None);
        }

        _stopping.Dispose();
    }

    private async Task<T> AskAsync<T>(string right, string kind, Func<T, bool> isYes, Func<IAccessReviewer, CancellationToken, Task<T>> ask)
    {
        if (_failure is { } known && _time.GetElapsedTime(known.At) < LeaveAlone)
        {
            throw new AccessUnavailableException(known.Message);
        }

        var reviewer = _reviewer() ?? throw new AccessUnavailableException($"cluster {Name} cannot be asked about callers");
        using var late = new CancellationTokenSource(_options.ReviewTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _stopping.Token);
        var entered = false;
        try
        {
            await _slots.WaitAsync(either.Token);
            entered = true;
            Interlocked.Increment(ref _asked);
            var answer = await ask(reviewer, either.Token);
            _instruments?.Reviewed(Name, kind, isYes(answer) ? "allowed" : "denied");
            if (_failure is not null)
            {
                _failure = null;
                LogAnswersAgain(Name);
            }

            return answer;
        }
        catch (OperationCanceledException stopped) when (_stopping.IsCancellationRequested)
        {
            throw new AccessUnavailableException("the gateway is stopping", stopped);
        }
        catch (Exception error)
        {
            _instruments?.Reviewed(Name, kind, "failed");

            // Every way in which a question fails is the same to the caller: it is not known what he may see.
            throw Failed(right, entered, error);
        }
        finally
        {
            if (entered)
            {
                _slots.Release();
            }
        }
    }

    private AccessUnavailableException Failed(string right, bool entered, Exception error)
    {
        var reason = error switch
        {
            OperationCanceledException when !entered => $"more questions are waiting than it answers in {_options.ReviewTimeout.TotalSeconds:0.#} s",
            OperationCanceledException => $"no answer in {_options.ReviewTimeout.TotalSeconds:0.#} s",
            Kubernetes.Errors.KubernetesApiException { Code: 403 } => $"the gateway's own user lacks the right to {right}; give it the cluster role system:auth-delegator ({error.Message})",
            _ => error.Message,
        };
        var message = $"cluster {Name} cannot be asked who may see what: {reason}";
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
                await Parallel.ForEachAsync(_followed.Keys, new ParallelOptions { MaxDegreeOfParallelism = _options.ReviewConcurrency, CancellationToken = stopping }, static async (caller, _) => await caller.RefreshAsync());
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

    [LoggerMessage(3060, LogLevel.Warning, "{Cluster}: cannot be asked who may see what, so new requests are refused and open streams keep what they have for a while: {Reason}")]
    private partial void LogUnavailable(string cluster, string reason);

    [LoggerMessage(3061, LogLevel.Information, "{Cluster}: answers again who may see what")]
    private partial void LogAnswersAgain(string cluster);

    private sealed record Failure(string Message, long At);
}
