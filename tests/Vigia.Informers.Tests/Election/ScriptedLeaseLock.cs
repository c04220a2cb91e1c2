using Vigia.Controllers;

namespace Vigia.Informers.Tests.Election;

/// <summary>A lease lock whose calls are noted and can be delayed, refused or made to hang.</summary>
internal sealed class ScriptedLeaseLock(VirtualWorld world, MemoryLeaseStore store) : ILeaseLock
{
    /// <summary>GET, POST and PUT in their order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Runs before a call reaches the store: throws, waits, or counts.</summary>
    public Func<string, CancellationToken, Task>? Before { get; set; }

    /// <summary>Runs after a call was carried out, before its answer is there.</summary>
    public Func<string, CancellationToken, Task>? After { get; set; }

    public string Description => "lease test/sim";

    public Task<LeaseSnapshot?> GetAsync(CancellationToken ct) => CallAsync("GET", () => store.Lease, ct);

    public Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct) =>
        CallAsync("POST", () => store.Create(record, world.Now), ct);

    public Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct) =>
        CallAsync("PUT", () => store.Update(seen, record, world.Now), ct);

    private async Task<T> CallAsync<T>(string verb, Func<T> carryOut, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Calls.Add(verb);
        if (Before is { } before)
        {
            await before(verb, ct);
        }

        await world.Delay(TimeSpan.FromMilliseconds(2));
        var answer = carryOut();
        if (After is { } after)
        {
            await after(verb, ct);
        }

        return answer;
    }
}
