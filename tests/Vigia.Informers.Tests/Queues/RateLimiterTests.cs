using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Queues;

/// <summary>How long a key that failed waits.</summary>
public sealed class RateLimiterTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void The_wait_doubles_per_key_up_to_the_longest_and_never_overflows()
    {
        var limiter = new ItemExponentialRateLimiter<string>(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1000));

        Assert.Equal([1, 2, 4, 8, 16], Waits(limiter, "a", 5));
        Assert.Equal([1, 2], Waits(limiter, "b", 2));
        Assert.Equal(5, limiter.NumRequeues("a"));
        var long_ = Waits(limiter, "a", 2_000);
        Assert.Equal(1_000_000, long_[^1]);
        Assert.True(long_.Zip(long_.Skip(1)).All(pair => pair.First <= pair.Second && pair.First > 0));
    }

    [Fact]
    public void The_longest_wait_of_all_is_kept_without_overflow()
    {
        var limiter = new ItemExponentialRateLimiter<string>(TimeSpan.FromMinutes(1), TimeSpan.MaxValue);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.True(limiter.When("a") > TimeSpan.Zero);
        }

        Assert.Equal(TimeSpan.MaxValue, limiter.When("a"));
    }

    [Fact]
    public void Forgetting_a_key_begins_its_waits_anew()
    {
        var limiter = new ItemExponentialRateLimiter<string>();
        Assert.Equal([5, 10, 20], Waits(limiter, "a", 3));
        Assert.Equal([5], Waits(limiter, "b", 1));
        limiter.Forget("a");

        Assert.Equal((0, 1), (limiter.NumRequeues("a"), limiter.NumRequeues("b")));
        Assert.Equal([5], Waits(limiter, "a", 1));
        Assert.Equal([10], Waits(limiter, "b", 1));
    }

    [Fact]
    public void Of_several_limiters_the_longest_wait_holds_and_all_count()
    {
        var slow = new ItemFastSlowRateLimiter<string>(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(3), 3);
        var growing = new ItemExponentialRateLimiter<string>(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        var limiter = new MaxOfRateLimiter<string>(slow, growing);

        Assert.Equal([5, 5, 5, 3000, 3000], Waits(limiter, "a", 5));
        Assert.Equal([5, 5, 5], (int[])[slow.NumRequeues("a"), growing.NumRequeues("a"), limiter.NumRequeues("a")]);
        limiter.Forget("a");
        Assert.Equal([0, 0], (int[])[slow.NumRequeues("a"), growing.NumRequeues("a")]);
    }

    [Fact]
    public void The_first_failures_wait_briefly_and_later_ones_long()
    {
        var limiter = new ItemFastSlowRateLimiter<string>(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(10), 3);

        Assert.Equal([5, 5, 5, 10_000, 10_000], Waits(limiter, "a", 5));
        Assert.Equal([5, 5], Waits(limiter, "b", 2));
        Assert.Equal(5, limiter.NumRequeues("a"));
        limiter.Forget("a");
        Assert.Equal([5], Waits(limiter, "a", 1));
    }

    [Fact]
    public void No_wait_is_longer_than_the_maximum_put_over_a_limiter()
    {
        var limiter = new WithMaxWaitRateLimiter<string>(new ItemExponentialRateLimiter<string>(), TimeSpan.FromMilliseconds(30));

        Assert.Equal([5, 10, 20, 30, 30], Waits(limiter, "a", 5));
        Assert.Equal(5, limiter.NumRequeues("a"));
        limiter.Forget("a");
        Assert.Equal([5], Waits(limiter, "a", 1));
    }

    [Fact]
    public void A_bucket_lets_a_burst_through_then_so_many_a_second_whatever_the_keys()
    {
        var limiter = new BucketRateLimiter<string>(10, 3, _clock);
        Assert.Equal([0, 0, 0, 100, 200], Waits(limiter, "a", 5));
        _clock.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal([50], Waits(limiter, "b", 1));
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal([0, 0, 0, 100], Waits(limiter, "a", 4));
        Assert.Equal(0, limiter.NumRequeues("a"));
    }

    [Fact]
    public void By_default_the_key_s_own_wait_holds_until_a_crowd_has_emptied_the_bucket()
    {
        var limiter = RateLimiters.Default<int>(_clock);
        for (var key = 0; key < 100; key++)
        {
            Assert.Equal(TimeSpan.FromMilliseconds(5), limiter.When(key));
        }

        Assert.Equal(100, limiter.When(100).TotalMilliseconds, 0.01);
        Assert.Equal(200, limiter.When(101).TotalMilliseconds, 0.01);
    }

    private static double[] Waits(IRateLimiter<string> limiter, string key, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => Math.Round(limiter.When(key).TotalMilliseconds, 3))];
}
