namespace Vigia.Controllers;

/// <summary>
/// Brings the world to where a key's object says it should be. It is told which key, not what happened: it reads the
/// present state from the informers' stores, and finds nothing where the object is gone.
/// </summary>
/// <remarks>
/// Never called for one key twice at once. An exception is logged and counted, and the key is tried again when the rate
/// limit says so.
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
/// <param name="key">What to work on.</param>
/// <param name="cancellationToken">Ends when the controller was stopped and its time for draining is over.</param>
public delegate ValueTask<ReconcileResult> Reconcile<in TKey>(TKey key, CancellationToken cancellationToken)
    where TKey : notnull;
