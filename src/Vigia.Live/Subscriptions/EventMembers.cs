using System.Text.Json;
using Vigia.Informers;
using Vigia.Live.Queries;

namespace Vigia.Live.Subscriptions;

/// <summary>The members of events other than changes: the same over SSE and WebSocket.</summary>
internal static class EventMembers
{
    /// <summary>The resource and its cluster.</summary>
    public static void Source(Utf8JsonWriter json, LiveSubscription source)
    {
        json.WriteString("cluster"u8, source.Feed.Cluster);
        json.WriteString("resource"u8, source.Entry.Name);
    }

    /// <summary>Of <c>reset</c>.</summary>
    public static void Reset(Utf8JsonWriter json, LiveSubscription source, ResetReason reason)
    {
        Source(json, source);
        json.WriteString("reason"u8, Word(reason));
        json.WriteString("message"u8, Explanation(reason));
    }

    /// <summary>Of <c>synced</c>.</summary>
    public static void Synced(Utf8JsonWriter json, LiveSubscription source, int objects)
    {
        Source(json, source);
        json.WriteNumber("objects"u8, objects);
    }

    /// <summary>Of <c>degraded</c> and <c>live</c>.</summary>
    public static void Freshness(Utf8JsonWriter json, LiveSubscription source, Freshness freshness)
    {
        Source(json, source);
        json.WriteString("since"u8, JsonTime.Text(freshness.Since));
        json.WriteString("reason"u8, freshness.Reason);
        if (freshness.NextTry is { } next)
        {
            json.WriteString("nextTry"u8, JsonTime.Text(next));
        }
    }

    /// <summary>The event's name of a kind of change.</summary>
    public static ReadOnlySpan<byte> Name(DeltaKind kind) =>
        kind switch
        {
            DeltaKind.Added => "added"u8,
            DeltaKind.Updated => "updated"u8,
            _ => "deleted"u8,
        };

    /// <summary>The word for <c>reset</c>'s reason.</summary>
    public static string Word(ResetReason reason) =>
        reason switch
        {
            ResetReason.Start => "start",
            ResetReason.Expired => "expired",
            ResetReason.Restored => "restored",
            _ => "filter",
        };

    private static string Explanation(ResetReason reason) =>
        reason switch
        {
            ResetReason.Start => "new stream: all existing objects follow",
            ResetReason.Expired => "the cursor is older than the kept changes, or a step would be missing: all existing objects follow",
            ResetReason.Restored => "the API server was restored to an older state: all existing objects follow",
            _ => "the cursor belongs to another filter or other rights, or does not cover this resource: all existing objects follow",
        };
}
