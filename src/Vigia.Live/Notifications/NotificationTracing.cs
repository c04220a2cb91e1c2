using System.Diagnostics;

namespace Vigia.Live.Notifications;

/// <summary>The spans of notification batches. Costs next to nothing without a listener.</summary>
internal static class NotificationTracing
{
    /// <summary>The source of the spans.</summary>
    public const string SourceName = "Vigia.Live";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly TimeSpan RoundEvery = TimeSpan.FromMilliseconds(100);

    private static long _lastRound;

    /// <summary>
    /// Starts the span of a batch that wakes some streams. At most ten batches a second are recorded, since the others
    /// look the same. Null without a listener.
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

        // The notifier was started by some request; its batches belong to none.
        Activity.Current = null;
        return Source.StartActivity("delivery round", ActivityKind.Internal)?.SetTag("vigia.streams", streams);
    }
}
