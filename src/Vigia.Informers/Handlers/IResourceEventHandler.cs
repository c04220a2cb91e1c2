namespace Vigia.Informers;

/// <summary>Receives every change of an informer (client-go's <c>ResourceEventHandler</c>).</summary>
/// <remarks>
/// <b>Guarantees.</b> Called for one delta at a time, in the log's order; the store already has the change. A handler
/// has its own loop: a slow handler blocks nothing, and receives folded steps (<see cref="Delta.IsFolded"/>) when it
/// falls off the log. If it throws, this is logged and counted, and it misses that delta only; the informer and other
/// handlers are not affected.
/// </remarks>
public interface IResourceEventHandler
{
    /// <summary>A change. The token ends when the handler is removed or the informer stops.</summary>
    ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken);

    /// <summary>
    /// The server was restored to an older state: drop everything derived from earlier deltas; the new state follows as
    /// Added deltas.
    /// </summary>
    ValueTask ResetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Steps were left out (the handler fell off the log, or was reset); their outcome follows. An object that was
    /// created and deleted in between is not reported: a handler that also reads the store may have seen it there, and
    /// should read again.
    /// </summary>
    ValueTask FoldedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// All current objects were delivered: to a late handler after its replay, to every handler after
    /// <see cref="ResetAsync"/>. Earlier objects that were not delivered again are gone.
    /// </summary>
    ValueTask ReplayedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
