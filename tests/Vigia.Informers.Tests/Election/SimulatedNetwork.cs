using Vigia.Controllers;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// What lies between one machine and the lease: delays, requests and answers that vanish, errors before and after the
/// deed, conflicts out of nowhere, and times when nothing gets through.
/// </summary>
/// <remarks>
/// A call that its caller gave up may still be carried out, later: only the answer has lost its reader.
/// </remarks>
internal sealed class SimulatedNetwork(VirtualWorld world, MemoryLeaseStore store, SkewedClock machine, SimulatedFaults faults) : ILeaseLock
{
    public string Description => "lease test/sim";

    /// <summary>Nothing gets through before this time.</summary>
    public TimeSpan CutUntil { get; set; }

    public Task<LeaseSnapshot?> GetAsync(CancellationToken ct) => CallAsync(() => store.Lease, ct);

    public Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct) =>
        CallAsync(() => store.Create(record, world.Now), ct);

    public Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct) =>
        CallAsync(() => store.Update(seen, record, world.Now), ct);

    private async Task<T> CallAsync<T>(Func<T> deed, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource<T>();
        using var givenUp = ct.Register(() => answer.TrySetCanceled(ct));
        Send(deed, answer);
        return await answer.Task;
    }

    private void Send<T>(Func<T> deed, TaskCompletionSource<T> answer)
    {
        if (world.Now < CutUntil)
        {
            if (world.Chance.Next(2) == 0)
            {
                Deliver(() => answer.TrySetException(new IOException("connection refused (injected)")));
            }

            return;
        }

        // Decided now: a fault that begins later does not touch what is under way.
        var (lost, answerLost, before, after, conflict) = (
            Strikes(faults.Lost),
            Strikes(faults.Lost),
            Strikes(faults.Errors),
            Strikes(faults.Errors),
            Strikes(faults.Conflicts)
        );
        if (lost)
        {
            return;
        }

        world.After(
            faults.Delay(),
            () =>
            {
                Exception? error =
                    before ? MemoryLeaseStore.Refusal(500, "InternalError")
                    : conflict ? MemoryLeaseStore.Refusal(409, "Conflict")
                    : null;
                T? result = default;
                if (error is null)
                {
                    try
                    {
                        result = deed();
                    }
                    catch (Exception refused)
                    {
                        error = refused;
                    }
                }

                if (after)
                {
                    error ??= MemoryLeaseStore.Refusal(504, "Timeout");
                }

                if (!answerLost)
                {
                    Deliver(() => _ = error is null ? answer.TrySetResult(result!) : answer.TrySetException(error));
                }
            }
        );
    }

    private bool Strikes(double chance) => world.Chance.NextDouble() < chance;

    private void Deliver(Action answer) => world.After(faults.Delay(), () => machine.Run(answer));
}

/// <summary>How bad the network is at present.</summary>
internal sealed class SimulatedFaults(VirtualWorld world)
{
    private static readonly TimeSpan CalmDelay = TimeSpan.FromMilliseconds(20);
    private readonly double _lost = world.Between(0, 0.1);
    private readonly double _errors = world.Between(0, 0.15);
    private readonly double _conflicts = world.Between(0, 0.1);
    private readonly double _slow = world.Between(0, 0.1);

    /// <summary>True while nothing goes wrong.</summary>
    public bool IsCalm { get; set; }

    public double Lost => IsCalm ? 0 : _lost;

    public double Errors => IsCalm ? 0 : _errors;

    public double Conflicts => IsCalm ? 0 : _conflicts;

    /// <summary>Mostly milliseconds, sometimes longer than any request waits.</summary>
    public TimeSpan Delay() =>
        IsCalm
            ? CalmDelay * world.Chance.NextDouble()
            : TimeSpan.FromSeconds(world.Chance.NextDouble() < _slow ? world.Between(0, 8) : world.Between(0, 0.1));
}
