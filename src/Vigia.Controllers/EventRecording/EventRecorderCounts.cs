namespace Vigia.Controllers;

/// <summary>
/// The counts of a recorder's events. Each event ends as exactly one of the last four; until then it waits.
/// </summary>
/// <param name="Given">Calls of <see cref="EventRecorder.Record"/>.</param>
/// <param name="Written">Created or updated on the server.</param>
/// <param name="Suppressed">
/// Counted but not sent: too many about one object. A later one that passes carries the whole count.
/// </param>
/// <param name="Failed">Refused by the server, or not written within all tries.</param>
/// <param name="Dropped">The queue was full, or the recorder stopped first.</param>
public readonly record struct EventRecorderCounts(long Given, long Written, long Suppressed, long Failed, long Dropped);
