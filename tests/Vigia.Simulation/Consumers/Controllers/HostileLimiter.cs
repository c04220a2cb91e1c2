using Vigia.Controllers;
using Vigia.Kubernetes;

namespace Vigia.Simulation.Consumers.Controllers;

/// <summary>
/// A user's rate limiter as it should not be: it throws, wherever it is asked, gives waits that are negative or longer
/// than time itself, and re-enters the controller.
/// </summary>
internal sealed class HostileLimiter(Random random, HashSet<ObjectKey> never, Action<ObjectKey> reenter) : IRateLimiter<WorkKey>
{
    /// <summary>True once it behaves.</summary>
    public bool IsSettled { get; set; }

    public TimeSpan When(WorkKey key)
    {
        switch (IsSettled ? int.MaxValue : random.Next(10))
        {
            case 0:
                throw new InvalidOperationException("a limiter that throws");
            case 1:
                return TimeSpan.FromMilliseconds(-5);
            case 2:
                return TimeSpan.MinValue;
            case 3:
                // Whoever says so means never: until the object changes.
                never.Add(key.Key);
                return random.Next(2) == 0 ? TimeSpan.MaxValue : TimeSpan.FromDays(10_000);
            case 4:
                return TimeSpan.Zero;
            case 5:
                return TimeSpan.FromTicks(1);
            case 6:
                reenter(key.Key);
                return TimeSpan.FromSeconds(2);
            default:
                return TimeSpan.FromSeconds(random.NextDouble() * 20);
        }
    }

    public void Forget(WorkKey key)
    {
        if (!IsSettled && random.Next(5) == 0)
        {
            throw new InvalidOperationException("a limiter that does not forget");
        }
    }

    public int NumRequeues(WorkKey key) =>
        (IsSettled ? 4 : random.Next(4)) switch
        {
            0 => throw new InvalidOperationException("a limiter that does not count"),
            1 => int.MinValue,
            2 => int.MaxValue,
            _ => 0,
        };
}
