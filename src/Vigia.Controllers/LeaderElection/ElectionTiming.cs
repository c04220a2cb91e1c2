namespace Vigia.Controllers.LeaderElection;

/// <summary>The clock of an election, and its pauses with their jitter.</summary>
internal sealed class ElectionTiming(LeaderElectorOptions options, TimeProvider time)
{
    private readonly Random _chance = new(options.Seed ?? SeedOf(options.Identity));

    public TimeProvider Time => time;

    /// <summary>The wall clock's time, to the microsecond: a Lease holds no more.</summary>
    public DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>A random factor, at least 1.</summary>
    public double Jitter() => 1 + (_chance.NextDouble() * LeaderElectorOptions.JitterFactor);

    /// <summary>Waits; returns early, without an exception, when cancelled.</summary>
    public async Task PauseAsync(TimeSpan pause, CancellationToken ct) =>
        await Task.Delay(pause, time, ct)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    /// <summary>FNV-1a: the same jitter in every run of a name, and others for other names.</summary>
    private static int SeedOf(string identity) =>
        identity.Aggregate(unchecked((int)2166136261), (hash, letter) => unchecked((hash ^ letter) * 16777619));
}
