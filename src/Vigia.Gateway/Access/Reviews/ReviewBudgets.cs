using System.Collections.Concurrent;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// How many access reviews each user may cause at a cluster. A user without any positive review has a small budget: the
/// answer would be no every time.
/// </summary>
/// <remarks><b>Guarantees.</b> Bounded: full budgets are forgotten first. Thread-safe.</remarks>
internal sealed class ReviewBudgets(AccessOptions options, TimeProvider time)
{
    private const int MostUsers = 10_000;

    // Users with rights have good reasons to use many namespaces and resources.
    private const int WithRights = 10;

    private readonly ConcurrentDictionary<string, TokenBucket> _users = new(StringComparer.Ordinal);

    /// <summary>Spends one question, which may mean to wait a little.</summary>
    /// <exception cref="AccessBacklogException">It would have to wait for longer than a question may take.</exception>
    public async ValueTask SpendAsync(string user, CancellationToken stopping)
    {
        if (Of(user).TryTake(time.GetTimestamp(), time, options.ReviewTimeout, out var wait))
        {
            if (wait > TimeSpan.Zero)
            {
                try
                {
                    await Task.Delay(wait, time, stopping);
                }
                catch (OperationCanceledException stopped)
                {
                    throw new AccessUnavailableException("the gateway is stopping", stopped);
                }
            }

            return;
        }

        throw new AccessBacklogException($"too many access reviews for user {user}; name a namespace, and try again", wait);
    }

    /// <summary>The user was allowed something.</summary>
    public void Allowed(string user) =>
        Of(user).Resize(options.ReviewBurst * WithRights, options.ReviewsPerSecond * WithRights, time.GetTimestamp(), time);

    private TokenBucket Of(string user)
    {
        if (_users.TryGetValue(user, out var bucket))
        {
            return bucket;
        }

        if (_users.Count >= MostUsers)
        {
            var now = time.GetTimestamp();
            foreach (var (name, _) in _users.OrderByDescending(pair => pair.Value.Level(now, time)).Take(MostUsers / 10))
            {
                _users.TryRemove(name, out _);
            }
        }

        return _users.GetOrAdd(
            user,
            static (_, self) => new TokenBucket(self.Options.ReviewBurst, self.Options.ReviewsPerSecond, self.Time.GetTimestamp()),
            (Options: options, Time: time)
        );
    }
}
