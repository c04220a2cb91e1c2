namespace Vigia.Controllers.LeaderElection;

/// <summary>The requests to a lease's store, each with a timeout.</summary>
internal sealed class LeaseRequests(ILeaseLock leaseLock, TimeSpan timeout, TimeProvider time)
{
    public string Description => leaseLock.Description;

    public Task<LeaseSnapshot?> GetAsync(CancellationToken ct) => CallAsync(leaseLock.GetAsync, "reading", ct);

    /// <summary>Creates the lease, or updates it from the state that was read.</summary>
    public Task<LeaseSnapshot> WriteAsync(LeaseSnapshot? onto, LeaseRecord record, CancellationToken ct) =>
        CallAsync(token => onto is null ? leaseLock.CreateAsync(record, token) : leaseLock.UpdateAsync(onto, record, token), "writing", ct);

    public Task<LeaseSnapshot> ReleaseAsync(LeaseSnapshot onto, LeaseRecord freed, CancellationToken ct) =>
        CallAsync(token => leaseLock.UpdateAsync(onto, freed, token), "releasing", ct);

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, string doing, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await call(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{doing} {leaseLock.Description} took longer than {timeout.TotalSeconds:0.#} s");
        }
    }
}
