using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Vigia.Informers.Deltas;
using Vigia.Informers.Informing;

namespace Vigia.Gateway.Streams;

/// <summary>Writes a stream's events as Server-Sent Events (WHATWG HTML, section 9.2) into a response.</summary>
/// <remarks>
/// Own writer because ASP.NET Core's cannot write comments (dotnet/aspnetcore #65103), and because lines that others have too are written from the shared bytes. One writer, not thread-safe.
/// </remarks>
internal sealed class SseSink(PipeWriter output, ChangeShape shape, StreamFilter filter, IReadOnlyList<StreamSource> sources) : IStreamSink
{
    private readonly StringBuilder _cursor = new();

    /// <inheritdoc/>
    public ChangeShape Shape => shape;

    /// <summary>Changes written.</summary>
    public long Changes { get; private set; }

    /// <summary>The retry time and a first comment, so that proxies and <c>onopen</c> fire at once.</summary>
    public void Begin(TimeSpan retry)
    {
        Write($": vigia\nretry: {(long)retry.TotalMilliseconds}\n\n");
    }

    /// <inheritdoc/>
    public void Reset(StreamSource source, ResetReason reason)
    {
        var word = Word(reason);
        WriteEvent("reset"u8, json =>
        {
            json.WriteString("cluster"u8, source.Feed.Cluster);
            json.WriteString("resource"u8, source.Entry.Name);
            json.WriteString("reason"u8, word);
            json.WriteString("message"u8, Explanation(reason));
        });
    }

    /// <inheritdoc/>
    public void Change(StreamSource source, DeltaKind kind, ReadOnlyMemory<byte> line)
    {
        Changes++;
        var name = kind switch { DeltaKind.Added => "added"u8, DeltaKind.Updated => "updated"u8, _ => "deleted"u8 };
        WriteId();
        output.Write("event: "u8);
        output.Write(name);
        output.Write("\ndata: "u8);
        output.Write(line.Span);
        output.Write("\n\n"u8);
    }

    /// <inheritdoc/>
    public void Synced(StreamSource source, int objects)
        => WriteEvent("synced"u8, json =>
        {
            json.WriteString("cluster"u8, source.Feed.Cluster);
            json.WriteString("resource"u8, source.Entry.Name);
            json.WriteNumber("objects"u8, objects);
        });

    /// <inheritdoc/>
    public void Freshness(StreamSource source, Freshness freshness)
        => WriteEvent(freshness.IsLive ? "live"u8 : "degraded"u8, json =>
        {
            json.WriteString("cluster"u8, source.Feed.Cluster);
            json.WriteString("resource"u8, source.Entry.Name);
            json.WriteString("since"u8, freshness.Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("reason"u8, freshness.Reason);
            if (freshness.NextTry is { } next)
            {
                json.WriteString("nextTry"u8, next.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            }
        });

    /// <summary>Carries the cursor on though nothing changed: a client that reconnects later asks for less.</summary>
    public void Bookmark(DateTimeOffset at)
        => WriteEvent("bookmark"u8, json => json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)));

    /// <summary>A comment: keeps proxies from closing an idle connection, and tells people who look.</summary>
    public void Comment(string text) => Write($": {text}\n\n");

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException("the client left");
        }
    }

    /// <summary>The word for <c>reset</c>'s reason.</summary>
    internal static string Word(ResetReason reason) => reason switch
    {
        ResetReason.Start => "start",
        ResetReason.Expired => "expired",
        ResetReason.Restored => "restored",
        _ => "filter",
    };

    private static string Explanation(ResetReason reason) => reason switch
    {
        ResetReason.Start => "a new stream: all that exists follows",
        ResetReason.Expired => "the cursor is older than what is remembered: all that exists follows",
        ResetReason.Restored => "the API server went back to an older state: all that exists follows",
        _ => "the cursor was made with another filter or has no place in this resource: all that exists follows",
    };

    private void WriteEvent(ReadOnlySpan<byte> name, Action<Utf8JsonWriter> members)
    {
        WriteId();
        output.Write("event: "u8);
        output.Write(name);
        output.Write("\ndata: "u8);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.Write(buffer.WrittenSpan);
        output.Write("\n\n"u8);
    }

    private void WriteId()
    {
        _cursor.Clear().Append("id: v1;").Append(filter.Current);
        foreach (var source in sources)
        {
            StreamCursor.Append(_cursor, source.Feed.Name, source.Cursor);
        }

        _cursor.Append('\n');
        foreach (var chunk in _cursor.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, output);
        }
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}
