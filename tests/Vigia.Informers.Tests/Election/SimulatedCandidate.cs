using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>A process on a machine of its own that stands for election, and whose work is watched.</summary>
internal sealed class SimulatedCandidate
{
    private readonly VirtualWorld _world;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _longestEnding;
    private readonly Action<SimulatedCandidate> _onActing;

    public SimulatedCandidate(
        VirtualWorld world,
        MemoryLeaseStore store,
        SimulatedFaults faults,
        string identity,
        SimulatedSkew skew,
        Action<SimulatedCandidate> onActing
    )
    {
        (_world, _onActing, _longestEnding) = (world, onActing, skew.LongestEnding);
        Clock = new SkewedClock(world, skew.Rate(world), TimeSpan.FromSeconds(world.Between(-86_400, 86_400)));
        Network = new SimulatedNetwork(world, store, Clock, faults);
        Elector = new LeaderElector(
            Network,
            new LeaderElectorOptions
            {
                Identity = identity,
                StandAgain = true,
                Seed = world.Chance.Next(),
                OnStoppedLeading = () => Stops++,
            },
            Clock
        );
    }

    public LeaderElector Elector { get; }

    public SkewedClock Clock { get; }

    public SimulatedNetwork Network { get; }

    /// <summary>
    /// Between the work's first step and its last: what no two may be at once. A machine that stands still does
    /// nothing; one that goes on first asks whether it still leads.
    /// </summary>
    public bool IsActing { get; private set; }

    public int Terms { get; private set; }

    public int Stops { get; private set; }

    public Task Running { get; private set; } = Task.CompletedTask;

    public void Start() => Running = Elector.RunAsync(WorkAsync, _stop.Token);

    public void Stop() => Clock.Run(_stop.Cancel);

    public void Kill()
    {
        Clock.IsDead = true;
        IsActing = false;
    }

    public void StandStill(TimeSpan time)
    {
        var wasActing = IsActing;
        IsActing = false;
        Clock.StandStill(time);
        _world.After(
            time,
            () =>
                Clock.Run(() =>
                {
                    if (wasActing && Elector.IsLeader)
                    {
                        Act();
                    }
                })
        );
    }

    private async Task WorkAsync(CancellationToken token)
    {
        Terms++;
        Act();
        await Hanging
            .UntilCancelledAsync(token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        // Work takes a while to notice, by its own clock.
        await Task.Delay(_longestEnding * Math.Min(1, 2 * _world.Chance.NextDouble()), Clock, CancellationToken.None);
        IsActing = false;
    }

    private void Act()
    {
        IsActing = true;
        _onActing(this);
    }
}

/// <summary>
/// By how much clocks run fast or slow (0.08: 0.92 to 1.08 s in a second), and how long work takes to stop.
/// </summary>
internal sealed record SimulatedSkew(double Drift, TimeSpan LongestEnding)
{
    /// <summary>Within what the durations allow: (10 + 2) s / 0.92 is less than 15 s / 1.08.</summary>
    public static SimulatedSkew Allowed { get; } = new(0.08, TimeSpan.FromSeconds(2));

    /// <summary>Far beyond: for finding out whether two leaders would be noticed.</summary>
    public static SimulatedSkew TooMuch { get; } = new(0.4, TimeSpan.FromSeconds(2));

    /// <summary>As slow or as fast as allowed, or anything in between.</summary>
    public double Rate(VirtualWorld world) =>
        world.Chance.Next(3) switch
        {
            0 => 1 - Drift,
            1 => 1 + Drift,
            _ => world.Between(1 - Drift, 1 + Drift),
        };
}
