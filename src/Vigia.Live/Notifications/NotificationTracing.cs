using System.Diagnostics;

namespace Vigia.Live.Notifications;

/// <summary>The spans of rounds of deliveries. Costs next to nothing unless somebody listens.</summary>
internal static class NotificationTracing
{
    /// <summary>The source of the spans.</summary>
    public const string SourceName = "Vigia.Live";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly TimeSpan RoundEvery = TimeSpan.FromMilliseconds(100);

    private static long _lastRound;

    /// <summary>
    /// Begins the span of a round that wakes some streams; at most ten of them a second are told, the others are as
    /// they are. Null where nobody listens.
    /// </summary>
    public static Activity? StartRound(int streams, TimeProvider time)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var last = Interlocked.Read(ref _lastRound);
        var now = time.GetTimestamp();
        if ((last != 0 && time.GetElapsedTime(last, now) < RoundEvery) || Interlocked.CompareExchange(ref _lastRound, now, last) != last)
        {
            return null;
        }

        // The notifier was started by some request; its rounds are nobody's.
        Activity.Current = null;
        return Source.StartActivity("delivery round", ActivityKind.Internal)?.SetTag("vigia.streams", streams);
    }
}
