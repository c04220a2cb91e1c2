using Vigia.Controllers;
using Vigia.Informers.Tests.Controllers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Hostile;

/// <summary>Rate limiters that throw, lie, block and re-enter: no key, no worker and no run is lost.</summary>
public sealed class LimiterTests : IAsyncDisposable
{
    private static readonly TimeSpan Fixed = TimeSpan.FromSeconds(5);

    private readonly ControllerFixture _fixture = new();
    private readonly Limiter _limiter = new();
    private int _failures = 1;

    public LimiterTests() =>
        _fixture.Work = (key, _) =>
            key.Name == "bad" && Interlocked.Decrement(ref _failures) >= 0
                ? throw new InvalidOperationException("no luck")
                : ValueTask.FromResult(ReconcileResult.Done);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("throws")]
    [InlineData("negative")]
    [InlineData("the least")]
    public async Task Where_a_limiter_fails_a_fixed_wait_takes_its_place_and_the_one_worker_goes_on(string how)
    {
        _limiter.Wait = _ =>
            how switch
            {
                "throws" => throw new InvalidOperationException("no wait"),
                "negative" => TimeSpan.FromMilliseconds(-1),
                _ => TimeSpan.MinValue,
            };
        await StartAsync();
        _fixture.Server.Put("bad");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Delayed == 1, "it waits");
        _fixture.Server.Put("good");
        await _fixture.BeganAsync("bad", "good");
        await _fixture.IdleAsync();
        _fixture.Clock.Advance(Fixed - TimeSpan.FromMilliseconds(1));
        await _fixture.IdleAsync();
        Assert.Equal(["bad", "good"], _fixture.Began);
        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _fixture.BeganAsync("bad", "good", "bad");

        AssertLogged("Error controller test: the rate limiter failed for default/bad; retrying in 5 s");
    }

    [Fact]
    public async Task A_limiter_that_says_never_keeps_its_key_until_its_object_changes()
    {
        _limiter.Wait = _ => TimeSpan.MaxValue;
        await StartAsync();
        _fixture.Server.Put("bad");
        await Eventually.TrueAsync(() => _fixture.Controller.Snapshot().Queue.Delayed == 1, "it waits");
        _fixture.Clock.Advance(TimeSpan.FromDays(3));
        _fixture.Server.Put("bad", "again");
        await _fixture.BeganAsync("bad", "bad");
        await _fixture.IdleAsync();

        Assert.Equal((1, 1), (_fixture.Controller.Snapshot().Failed, _fixture.Controller.Snapshot().Succeeded));
    }

    [Fact]
    public async Task A_limiter_that_cannot_forget_or_count_does_not_make_done_work_a_failure()
    {
        _limiter.OnForget = _ => throw new InvalidOperationException("no memory");
        _limiter.Count = _ => throw new InvalidOperationException("no numbers");
        await StartAsync();
        _fixture.Server.Put("bad");
        await _fixture.WithTimeAsync(() => _fixture.Controller.Snapshot() is { Failed: 1, Succeeded: 1 }, "it fails once, and is done");
        await _fixture.IdleAsync();

        Assert.Equal(1, _fixture.Controller.Snapshot().Failed);
        AssertLogged("Error controller test: the rate limiter failed to forget default/bad");
        AssertLogged("Warning controller test: the rate limiter failed to return the number of retries of default/bad");
    }

    [Fact]
    public async Task A_limiter_that_blocks_holds_up_the_worker_that_asked_and_no_other()
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        _limiter.Wait = _ =>
        {
            entered.Set();
            Assert.True(gate.Wait(TimeSpan.FromSeconds(30)));
            return TimeSpan.Zero;
        };
        await StartAsync(workers: 2);
        _fixture.Server.Put("bad");
        await Eventually.TrueAsync(() => entered.IsSet, "the limiter blocks");
        _fixture.Server.Put("good");
        _fixture.Server.Put("better");
        await Eventually.TrueAsync(() => _fixture.Ended.Contains("good") && _fixture.Ended.Contains("better"), "the other worker goes on");
        Assert.Equal(1, _fixture.Controller.Snapshot().ActiveWorkers);

        gate.Set();
        await Eventually.TrueAsync(() => _fixture.Ended.Contains("bad"), "it is tried again");
    }

    [Fact]
    public async Task A_limiter_may_call_its_controller_while_it_is_asked()
    {
        _limiter.Wait = key =>
        {
            Assert.Equal(1, _fixture.Controller.Snapshot().Queue.Processing);
            Assert.True(_fixture.Controller.Enqueue(key));
            _fixture.Stop();
            return TimeSpan.FromHours(1);
        };
        await StartAsync();
        _fixture.Server.Put("bad");
        await _fixture.Run.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((1, 1), (_fixture.Controller.Snapshot().Failed, _fixture.Controller.Snapshot().Succeeded));
    }

    [Fact]
    public async Task A_limiter_that_cannot_be_made_ends_the_run_with_the_reason_and_it_may_be_run_again()
    {
        var made = 0;
        _fixture.Build(new() { RateLimiter = () => made++ == 0 ? null! : _limiter });
        var run = _fixture.Controller.RunAsync(TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => run);
        Assert.StartsWith(
            "controller test: the function ControllerOptions.RateLimiter returned null",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(ControllerState.Stopped, _fixture.Controller.State);

        _fixture.Start();
        _fixture.Server.Put("good");
        await _fixture.BeganAsync("good");
    }

    [Fact]
    public void Of_several_limiters_all_forget_even_where_one_throws()
    {
        var last = new ItemExponentialRateLimiter<ObjectKey>();
        var first = new Limiter { OnForget = _ => throw new InvalidOperationException("no memory") };
        var limiter = new MaxOfRateLimiter<ObjectKey>(first, last);
        var key = new ObjectKey("default", "a");
        limiter.When(key);
        Assert.Throws<InvalidOperationException>(() => limiter.Forget(key));

        Assert.Equal(0, last.NumRequeues(key));
    }

    private void AssertLogged(string start) => Assert.Contains(_fixture.Logged, line => line.StartsWith(start, StringComparison.Ordinal));

    private Task StartAsync(int workers = 1) => _fixture.StartAsync(new() { Workers = workers, RateLimiter = () => _limiter });

    private sealed class Limiter : IRateLimiter<ObjectKey>
    {
        public Func<ObjectKey, TimeSpan> Wait { get; set; } = _ => TimeSpan.FromMilliseconds(1);

        public Action<ObjectKey> OnForget { get; set; } = _ => { };

        public Func<ObjectKey, int> Count { get; set; } = _ => 0;

        public TimeSpan When(ObjectKey key) => Wait(key);

        public void Forget(ObjectKey key) => OnForget(key);

        public int NumRequeues(ObjectKey key) => Count(key);
    }
}
