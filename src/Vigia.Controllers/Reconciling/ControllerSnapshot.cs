namespace Vigia.Controllers;

/// <summary>A controller at one moment.</summary>
/// <param name="State">Its state.</param>
/// <param name="ActiveWorkers">Workers that are reconciling.</param>
/// <param name="Succeeded">Successful reconciliations, since the controller was created.</param>
/// <param name="Failed">Reconciliations that threw, since the controller was created.</param>
/// <param name="Requeued">Successful reconciliations that requested another one later.</param>
/// <param name="Aborted">Reconciliations that were cut short because the time for draining was over.</param>
/// <param name="Lost">
/// Changes for which a key may be missing, because a function given to <see cref="ControllerBuilder{TKey}.Watches"/>
/// threw, returned null or did not end.
/// </param>
/// <param name="LastFailure">The last exception's message and key; null if there was none.</param>
/// <param name="Queue">The queue of the present run, or of the last; all zero before the first.</param>
public sealed record ControllerSnapshot(
    ControllerState State,
    int ActiveWorkers,
    long Succeeded,
    long Failed,
    long Requeued,
    long Aborted,
    long Lost,
    string? LastFailure,
    WorkQueueSnapshot Queue
);
