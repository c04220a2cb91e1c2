using Vigia.Gateway.Http;
using Vigia.Live.Notifications;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>The common settings of all streams of a gateway.</summary>
/// <param name="Options">How they behave.</param>
/// <param name="ChangeNotifier">Wakes them when something changes.</param>
/// <param name="CoalescingTimer">Wakes them for heartbeats, and when their time is over.</param>
/// <param name="Frames">The latest events, whole.</param>
/// <param name="Drain">The time within which open streams are closed.</param>
/// <param name="Time">The clock.</param>
/// <param name="Stopping">The gateway stops.</param>
internal sealed record SseContext(
    StreamOptions Options,
    ChangeNotifier ChangeNotifier,
    CoalescingTimer CoalescingTimer,
    SseFrames Frames,
    Func<TimeSpan> Drain,
    TimeProvider Time,
    CancellationToken Stopping
);
