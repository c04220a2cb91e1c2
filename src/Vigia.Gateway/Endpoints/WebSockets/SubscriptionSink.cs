using System.Buffers;
using System.Text;
using System.Text.Json;
using Vigia.Informers;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>
/// Writes one subscription's events as messages: the objects of the SSE stream with <c>type</c>, <c>id</c> (the
/// subscription) and <c>cursor</c> in front.
/// </summary>
internal sealed class SubscriptionSink(
    SocketOutput output,
    string id,
    ChangeShape shape,
    IReadOnlyList<LiveSubscription> sources,
    StreamTally tally
) : IStreamSink
{
    // More than this goes out before more is written, so that a large snapshot is never in memory whole.
    private const int LargestBatch = 256 * 1024;

    private readonly StreamFilter _filter = new(sources);
    private readonly byte[] _id = [(byte)'"', .. JsonEncodedText.Encode(id).EncodedUtf8Bytes, (byte)'"'];
    private readonly StringBuilder _cursor = new();

    /// <inheritdoc/>
    public ChangeShape Shape => shape;

    /// <inheritdoc/>
    public StreamTally Tally => tally;

    /// <summary>Messages written: each has sent the client its cursor.</summary>
    public long Written { get; private set; }

    /// <inheritdoc/>
    public void Reset(LiveSubscription source, ResetReason reason)
    {
        tally.Reset(reason);
        WriteEvent("reset"u8, json => EventMembers.Reset(json, source, reason));
    }

    /// <inheritdoc/>
    public void Change(LiveSubscription source, DeltaKind kind, ReadOnlyMemory<byte> line)
    {
        tally.Sent();
        Begin(EventMembers.Name(kind));

        // The line is an object of its own: its members follow ours.
        output.Write(","u8);
        output.Write(line.Span[1..]);
        output.End();
    }

    /// <inheritdoc/>
    public void Synced(LiveSubscription source, int objects) => WriteEvent("synced"u8, json => EventMembers.Synced(json, source, objects));

    /// <inheritdoc/>
    public void Freshness(LiveSubscription source, Freshness freshness) =>
        WriteEvent(freshness.IsLive ? "live"u8 : "degraded"u8, json => EventMembers.Freshness(json, source, freshness));

    /// <summary>Carries the cursor on though nothing changed.</summary>
    public void Bookmark() => WriteEvent("bookmark"u8, static _ => { });

    /// <summary>Answers a command.</summary>
    public void Answer(string type)
    {
        Begin(Encoding.ASCII.GetBytes(type));
        output.Write("}"u8);
        output.End();
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public bool IsFull => output.Pending >= LargestBatch;

    private void WriteEvent(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Begin(type);
        if (buffer.WrittenCount > 2)
        {
            output.Write(","u8);
        }

        output.Write(buffer.WrittenSpan[1..]);
        output.End();
    }

    private void Begin(ReadOnlySpan<byte> type)
    {
        Written++;
        _cursor.Clear();
        StreamCursor.Begin(_cursor, _filter.Current);
        foreach (var source in sources)
        {
            StreamCursor.Append(_cursor, source.Feed.Name, source.Cursor);
        }

        output.Begin();
        output.Write("{\"type\":\""u8);
        output.Write(type);
        output.Write("\",\"id\":"u8);
        output.Write(_id);
        output.Write(",\"cursor\":\""u8);
        Span<byte> bytes = stackalloc byte[256];
        foreach (var chunk in _cursor.GetChunks())
        {
            // A cursor is made of characters that need no escape.
            for (var rest = chunk.Span; rest.Length > 0; )
            {
                var part = rest[..Math.Min(64, rest.Length)];
                output.Write(bytes[..Encoding.UTF8.GetBytes(part, bytes)]);
                rest = rest[part.Length..];
            }
        }

        output.Write("\""u8);
    }
}
