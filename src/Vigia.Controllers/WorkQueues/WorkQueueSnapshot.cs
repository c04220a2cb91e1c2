namespace Vigia.Controllers;

/// <summary>A queue's figures at one moment: what client-go's <c>workqueue_*</c> metrics say.</summary>
/// <param name="Depth">
/// Keys added and not handed out yet, those included that were added again while they are worked on.
/// </param>
/// <param name="Processing">Keys that are being worked on.</param>
/// <param name="Delayed">Keys that wait for their time.</param>
/// <param name="Adds">Keys accepted so far, without keys that were already waiting.</param>
/// <param name="Retries">
/// Calls of <see cref="WorkQueue{TKey}.AddAfter"/> and <see cref="WorkQueue{TKey}.AddRateLimited"/> so far.
/// </param>
/// <param name="Taken">Keys handed out so far.</param>
/// <param name="Latency">
/// The sum of the times from being added to being handed out, over <paramref name="Taken"/>.
/// </param>
/// <param name="Finished">Keys that were worked on and are done.</param>
/// <param name="Work">
/// The sum of the times from being handed out to being done, over <paramref name="Finished"/>.
/// </param>
/// <param name="Unfinished">
/// The sum of the times that keys in work have been in work: a figure that grows without end is a stuck worker.
/// </param>
/// <param name="LongestRunning">The longest of those times; zero if nothing is in work.</param>
/// <param name="IsShuttingDown">True after a shutdown: no more keys are accepted.</param>
public readonly record struct WorkQueueSnapshot(
    int Depth,
    int Processing,
    int Delayed,
    long Adds,
    long Retries,
    long Taken,
    TimeSpan Latency,
    long Finished,
    TimeSpan Work,
    TimeSpan Unfinished,
    TimeSpan LongestRunning,
    bool IsShuttingDown
);
