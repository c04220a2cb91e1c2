using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vigia.Informers;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>Writes a stream's events as Server-Sent Events (WHATWG HTML, section 9.2).</summary>
/// <remarks>
/// Own writer because ASP.NET Core's cannot write comments (dotnet/aspnetcore #65103), and because bytes shared with
/// other streams are written directly. One writer, not thread-safe.
/// </remarks>
internal sealed class SseSink(
    SseOutput output,
    SseFrames frames,
    ChangeShape shape,
    StreamFilter filter,
    IReadOnlyList<LiveSubscription> sources,
    StreamTally tally,
    TimeProvider time
) : IStreamSink
{
    private const int Full = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly SseFrame Heartbeat = SseFrame.Of(": heartbeat\n\n");

    /// <inheritdoc/>
    public ChangeShape Shape => shape;

    /// <inheritdoc/>
    public StreamTally Tally => tally;

    /// <inheritdoc/>
    public bool IsFull => output.Pending >= Full;

    /// <summary>Events written, including those other than changes: each has sent the client its cursor.</summary>
    public long Written { get; private set; }

    /// <summary>The retry time and a first comment, so that proxies and <c>onopen</c> fire at once.</summary>
    public void Begin(TimeSpan retry) => output.Write(SseFrame.Of($": vigia\nretry: {(long)retry.TotalMilliseconds}\n\n"));

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
        Written++;
        output.Write(
            sources.Count == 1
            && !source.IsSyncing
            && MemoryMarshal.TryGetArray(line, out var shared)
            && shared.Count == shared.Array!.Length
                ? frames.Change(filter.Current, source, kind, shared.Array)
                : SseFrame.Of(SseId.Of(filter.Current, sources), EventMembers.Name(kind), line.Span)
        );
    }

    /// <inheritdoc/>
    public void Synced(LiveSubscription source, int objects) => WriteEvent("synced"u8, json => EventMembers.Synced(json, source, objects));

    /// <inheritdoc/>
    public void Freshness(LiveSubscription source, Freshness freshness) =>
        WriteEvent(freshness.IsLive ? "live"u8 : "degraded"u8, json => EventMembers.Freshness(json, source, freshness));

    /// <summary>
    /// Moves the cursor on though nothing changed: a client that reconnects later has less to catch up.
    /// </summary>
    public void Bookmark(DateTimeOffset at) =>
        WriteEvent(
            "bookmark"u8,
            json => json.WriteString("at"u8, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture))
        );

    /// <summary>The last words, and when to come back.</summary>
    public void End(string text, TimeSpan retry)
    {
        output.Write(SseFrame.Of($": {text}\nretry: {(long)retry.TotalMilliseconds}\n\n"));
        output.End();
    }

    /// <summary>A flush that waits for the client ends at once. Thread-safe.</summary>
    public void Hurry() => output.Hurry();

    /// <summary>True if the last flush was hurried, and did not wait.</summary>
    public bool WasHurried => output.WasHurried;

    /// <summary>A comment: keeps proxies from closing an idle connection.</summary>
    public void Beat() => output.Write(Heartbeat);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flush = output.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? flush : WaitAsync(flush.AsTask());
    }

    /// <summary>The client does not read: after a moment its place is remembered, for it may lag for long.</summary>
    private async ValueTask WaitAsync(Task flush)
    {
        using var moment = new CancellationTokenSource(Patience, time);
        await flush.WaitAsync(moment.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!flush.IsCompleted)
        {
            for (var i = 0; i < sources.Count; i++)
            {
                sources[i].RememberMembers();
            }
        }

        await flush;
    }

    private void WriteEvent(ReadOnlySpan<byte> name, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Written++;
        output.Write(SseFrame.Of(SseId.Of(filter.Current, sources), name, buffer.WrittenSpan));
    }
}
