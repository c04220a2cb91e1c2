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
internal sealed class SseSink(PipeWriter output, ChangeShape shape, StreamFilter filter, IReadOnlyList<StreamSource> sources, StreamTally tally, TimeProvider time) : IStreamSink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly StringBuilder _cursor = new();

    /// <inheritdoc/>
    public ChangeShape Shape => shape;

    /// <inheritdoc/>
    public StreamTally Tally => tally;

    /// <summary>The retry time and a first comment, so that proxies and <c>onopen</c> fire at once.</summary>
    public void Begin(TimeSpan retry)
    {
        Write($": vigia\nretry: {(long)retry.TotalMilliseconds}\n\n");
    }

    /// <inheritdoc/>
    public void Reset(StreamSource source, ResetReason reason)
    {
        tally.Reset(reason);
        WriteEvent("reset"u8, json => EventMembers.Reset(json, source, reason));
    }

    /// <inheritdoc/>
    public void Change(StreamSource source, DeltaKind kind, ReadOnlyMemory<byte> line)
    {
        tally.Sent();
        WriteId();
        output.Write("event: "u8);
        output.Write(EventMembers.Name(kind));
        output.Write("\ndata: "u8);
        output.Write(line.Span);
        output.Write("\n\n"u8);
    }

    /// <inheritdoc/>
    public void Synced(StreamSource source, int objects)
        => WriteEvent("synced"u8, json => EventMembers.Synced(json, source, objects));

    /// <inheritdoc/>
    public void Freshness(StreamSource source, Freshness freshness)
        => WriteEvent(freshness.IsLive ? "live"u8 : "degraded"u8, json => EventMembers.Freshness(json, source, freshness));

    /// <summary>Carries the cursor on though nothing changed: a client that reconnects later asks for less.</summary>
    public void Bookmark(DateTimeOffset at)
        => WriteEvent("bookmark"u8, json => json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)));

    /// <summary>The last words, and when to come back.</summary>
    public void End(string text, TimeSpan retry) => Write($": {text}\nretry: {(long)retry.TotalMilliseconds}\n\n");

    /// <summary>A comment: keeps proxies from closing an idle connection, and tells people who look.</summary>
    public void Comment(string text) => Write($": {text}\n\n");

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flush = output.FlushAsync(cancellationToken);
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush.AsTask());
        }

        Check(flush.Result);
        return ValueTask.CompletedTask;
    }

    /// <summary>The client does not read: after a moment its place is remembered, for it may lag for long.</summary>
    private async ValueTask WaitAsync(Task<FlushResult> flush)
    {
        using var moment = new CancellationTokenSource(Patience, time);
        await ((Task)flush).WaitAsync(moment.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!flush.IsCompleted)
        {
            for (var i = 0; i < sources.Count; i++)
            {
                sources[i].RememberMembers();
            }
        }

        Check(await flush);
    }

    private static void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException("the client left");
        }
    }

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
        StreamCursor.Begin(_cursor.Clear().Append("id: "), filter.Current);
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
