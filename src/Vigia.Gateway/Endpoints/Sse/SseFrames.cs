using System.Runtime.CompilerServices;
using Vigia.Informers;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>
/// The latest events of all streams as complete bytes: streams at the same position with the same filter need the same
/// bytes, from <c>id:</c> to the empty line.
/// </summary>
/// <remarks>
/// One slot per event by its line's identity, the last one wins: bounded, lock-free, and never wrong, since the found
/// entry is compared. Thread-safe.
/// </remarks>
internal sealed class SseFrames
{
    // Streams that are woken together are within a few events of each other.
    private const int Places = 256;

    // A larger one is created for each stream: a copy costs little compared with sending it, and 256 of them would cost
    // much.
    private const int LongestLine = 16 * 1024;

    private readonly Entry?[] _entries = new Entry?[Places];

    /// <summary>The event of a change whose line of JSON (<see cref="ChangeEncoder"/>) is shared.</summary>
    public SseFrame Change(string filter, LiveSubscription source, DeltaKind kind, byte[] line)
    {
        var at = (uint)(RuntimeHelpers.GetHashCode(line) * 31 + RuntimeHelpers.GetHashCode(filter) + (int)kind) % Places;
        if (
            Volatile.Read(ref _entries[at]) is { } known
            && known.Line == line
            && known.Kind == kind
            && known.Filter == filter
            && known.Cursor == source.Cursor
        )
        {
            return known.Frame;
        }

        var frame = SseFrame.Of(SseId.Of(filter, source), EventMembers.Name(kind), line);
        if (line.Length <= LongestLine)
        {
            Volatile.Write(ref _entries[at], new Entry(filter, source.Cursor, kind, line, frame));
        }

        return frame;
    }

    private sealed record Entry(string Filter, SourceCursor Cursor, DeltaKind Kind, byte[] Line, SseFrame Frame);
}
