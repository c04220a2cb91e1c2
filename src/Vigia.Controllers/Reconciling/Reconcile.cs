namespace Vigia.Controllers;

/// <summary>
/// Brings the actual state to the state that a key's object describes. It receives the key, not the change: it reads
/// the current state from the informers' stores, and finds nothing if the object is gone.
/// </summary>
/// <remarks>
/// Never called twice at once for one key. An exception is logged and counted, and the key is retried by the rate
/// limiter.
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <param name="key">The key to reconcile.</param>
/// <param name="cancellationToken">Ends when the controller was stopped and its time for draining is over.</param>
public delegate ValueTask<ReconcileResult> Reconcile<in TKey>(TKey key, CancellationToken cancellationToken)
    where TKey : notnull;
