using Vigia.Gateway.Access;
using Vigia.Gateway.Access.Reviews;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

public sealed class FairQueueTests
{
    [Fact]
    public async Task A_flow_that_wants_a_thousand_delays_another_by_one()
    {
        var queue = new FairQueue(1, 2000);
        Assert.True(await queue.EnterAsync("greedy", false, TestContext.Current.CancellationToken));
        var greedy = Enumerable.Range(0, 1000).Select(_ => queue.EnterAsync("greedy", false, default).AsTask()).ToArray();
        var modest = queue.EnterAsync("modest", false, default).AsTask();
        var urgent = queue.EnterAsync("urgent", true, default).AsTask();

        queue.Leave();
        await urgent;
        Assert.Equal(0, greedy.Count(task => task.IsCompleted));
        queue.Leave();
        queue.Leave();
        await modest;
        Assert.InRange(greedy.Count(task => task.IsCompleted), 0, 1);

        for (var i = 0; i < 1001; i++)
        {
            queue.Leave();
        }

        await Task.WhenAll(greedy);
        Assert.Equal(0, queue.Flows);
    }

    [Fact]
    public async Task What_a_flow_may_have_waiting_is_bounded_and_who_gives_up_leaves_no_trace()
    {
        var queue = new FairQueue(1, 2);
        Assert.True(await queue.EnterAsync("a", false, TestContext.Current.CancellationToken));
        using var patience = new CancellationTokenSource();
        var first = queue.EnterAsync("a", false, patience.Token).AsTask();
        var second = queue.EnterAsync("a", false, patience.Token).AsTask();
        Assert.False(await queue.EnterAsync("a", false, TestContext.Current.CancellationToken));

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(0, queue.Flows);
        queue.Leave();
        Assert.True(await queue.EnterAsync("b", false, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_budget_fills_with_time_and_says_how_long_to_wait()
    {
        var time = new ManualTimeProvider();
        var bucket = new TokenBucket(2, 1, time.GetTimestamp());
        Assert.True(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.Zero, out _));
        Assert.True(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.Zero, out _));
        Assert.False(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.Zero, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(1), wait);
        Assert.True(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.FromSeconds(1), out _));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.Zero, out _));
        Assert.False(bucket.TryTake(time.GetTimestamp(), time, TimeSpan.Zero, out _));
    }

    [Fact]
    public void Refused_tokens_are_a_bounded_table_of_seconds()
    {
        var time = new ManualTimeProvider();
        var refused = new RefusedTokens(time);
        refused.Add("first");
        Assert.True(refused.Contains("first"));
        for (var i = 0; i < 5000; i++)
        {
            refused.Add($"token {i}");
        }

        Assert.InRange(refused.Count, 1, 1000);
        Assert.False(refused.Contains("first"));
        Assert.True(refused.Contains("token 4999"));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(refused.Contains("token 4999"));
        Assert.Equal(0, refused.Count);
    }

    [Fact]
    public void Addresses_are_counted_by_what_one_client_has_to_itself()
    {
        Assert.Equal("10.0.0.1", FailureBudget.KeyOf(System.Net.IPAddress.Parse("::ffff:10.0.0.1")));
        Assert.Equal(
            FailureBudget.KeyOf(System.Net.IPAddress.Parse("2001:db8::1")),
            FailureBudget.KeyOf(System.Net.IPAddress.Parse("2001:db8::ffff:1"))
        );
        Assert.NotEqual(
            FailureBudget.KeyOf(System.Net.IPAddress.Parse("2001:db8::1")),
            FailureBudget.KeyOf(System.Net.IPAddress.Parse("2001:db8:0:1::1"))
        );
    }
}
