using Vigia.Controllers;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>A world with a lease and candidates for it.</summary>
internal sealed class ElectionFixture
{
    public static readonly LeaseRecord Others = new()
    {
        HolderIdentity = "other",
        LeaseDurationSeconds = 15,
        AcquireTime = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero),
        RenewTime = new DateTimeOffset(2001, 2, 3, 4, 5, 7, TimeSpan.Zero),
        LeaderTransitions = 4,
    };

    public ElectionFixture()
    {
        Clock = new SkewedClock(World);
        Lock = new ScriptedLeaseLock(World, Store);
    }

    public VirtualWorld World { get; } = new();

    public SkewedClock Clock { get; }

    public MemoryLeaseStore Store { get; } = new();

    public ScriptedLeaseLock Lock { get; }

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>What happened, in order: lead, told, ended, stopped, new:NAME.</summary>
    public List<string> Story { get; } = [];

    public LeaseRecord Record => Store.Lease!.Record;

    public LeaderElector Elector(string identity = "me", bool release = true, bool again = false) =>
        new(Lock, Options(identity, release, again), Clock);

    /// <summary>Work that does nothing but notice when it is told to stop, and takes its time to.</summary>
    public Func<CancellationToken, Task> Work(TimeSpan ending = default) =>
        async token =>
        {
            Story.Add("lead");
            using var told = token.Register(() => Story.Add("told"));
            await Hanging
                .UntilCancelledAsync(token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            await World.Delay(ending);
            Story.Add("ended");
        };

    /// <summary>On this thread: CancelAsync would leave the world for the thread pool.</summary>
    public void StopNow() => Stop.Cancel();

    public Task Until(Func<bool> condition, double seconds = 60) => World.Until(condition, TimeSpan.FromSeconds(seconds));

    public Task Delay(double seconds) => World.Delay(TimeSpan.FromSeconds(seconds));

    private LeaderElectorOptions Options(string identity, bool release, bool again) =>
        new()
        {
            Identity = identity,
            ReleaseOnStop = release,
            StandAgain = again,
            OnStoppedLeading = () => Story.Add("stopped"),
            OnNewLeader = leader => Story.Add($"new:{leader}"),
        };
}
