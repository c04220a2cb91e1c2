using Vigia.Commands;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>How often <c>vigia check --audit --audit-for</c> lists everything.</summary>
public sealed class AuditPaceTests
{
    [Theory]
    [InlineData(0.001, 5)]
    [InlineData(2, 20)]
    [InlineData(60, 60)]
    public async Task A_round_is_followed_by_a_pause_of_ten_times_its_length_within_bounds(double roundSeconds, double expectedSeconds)
    {
        var clock = new ManualTimeProvider();
        var began = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromSeconds(roundSeconds));
        var pause = CheckCommand.PauseAsync(began, began, TimeSpan.FromHours(1), clock, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(expectedSeconds) - TimeSpan.FromMilliseconds(100));
        Assert.False(pause.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(await pause.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_last_round_is_the_one_after_which_no_time_is_left()
    {
        var clock = new ManualTimeProvider();
        var began = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await CheckCommand.PauseAsync(began, began, TimeSpan.Zero, clock, TestContext.Current.CancellationToken));
    }
}
