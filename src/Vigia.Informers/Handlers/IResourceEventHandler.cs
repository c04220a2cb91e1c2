namespace Vigia.Informers;

/// <summary>Is told of every change of an informer (client-go's <c>ResourceEventHandler</c>).</summary>
/// <remarks>
/// <b>Guarantees.</b> Called for one delta at a time, in the log's order; the store holds the change already. A handler
/// has its own loop: a slow one holds up nobody, and finds steps folded (<see cref="Delta.IsFolded"/>) when it falls
/// off the log. One that throws is logged and counted, loses that delta only, and neither the informer nor other
/// handlers notice.
/// </remarks>
public interface IResourceEventHandler
{
    /// <summary>A change. The token ends when the handler is removed or the informer stops.</summary>
    ValueTask HandleAsync(Delta delta, CancellationToken cancellationToken);

    /// <summary>
    /// The server was restored to an older state: forget what was handled; the new state follows as Added deltas.
    /// </summary>
    ValueTask ResetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// Steps were left out (the handler fell off the log, or was reset); what they came to follows. Of an object that
    /// came and went in between nothing is told: who reads the store besides may have seen it there, and looks again.
    /// </summary>
    ValueTask FoldedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>
    /// All that was held is delivered: to a late handler after its replay, to every handler after
    /// <see cref="ResetAsync"/>. What a handler knew and was not given again is gone.
    /// </summary>
    ValueTask ReplayedAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
