using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Events;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Streams.Sse;
using Vigia.Gateway.Streams.Waking;

namespace Vigia.Gateway.Streams;

/// <summary>Opens streams: parses and refuses before anything is opened, then hands over to <see cref="SseConnection"/>.</summary>
internal sealed partial class StreamEndpoints(ClusterSet clusters, StreamRegistry registry, Wakers wakers, StreamOptions options, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private readonly SseFrames _frames = new();

    /// <summary><c>GET /api/v1/{resource}/stream</c> and <c>GET /api/v1/stream?resources=a,b</c>.</summary>
    public async Task StreamAsync(HttpContext context, string? resource)
    {
        var names = resource is not null ? [resource] : context.Request.Query["resources"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).ToArray();
        if (names is [var only] && clusters.Catalog.Find(only) is { Name: EventEndpoints.Resource } events)
        {
            // By whatever name they are asked for, they can be asked for by what they say.
            await OpenAsync(context, [events], EventQuery.With(LiveQuery.Parse(name => context.Request.Query[name]), context.Request.Query, time.GetUtcNow()), preset: null);
            return;
        }

        await OpenAsync(context, StreamRequest.Parse(clusters, names, name => context.Request.Query[name], CursorOf(context.Request)), preset: null);
    }

    /// <summary>Opens a stream of some resources through a query; with a preset, in its form.</summary>
    public Task OpenAsync(HttpContext context, IEnumerable<ResourceEntry> entries, LiveQuery query, PresetStream? preset)
        => OpenAsync(context, StreamRequest.Of(clusters, entries, query, name => context.Request.Query[name], CursorOf(context.Request)), preset);

    private async Task OpenAsync(HttpContext context, StreamRequest request, PresetStream? preset)
    {
        using var entry = registry.TryEnter(context, StreamTransport.Sse, out var refusal);
        if (entry is null)
        {
            await refusal!.WriteAsync(context);
            return;
        }

        var sources = await request.OpenAsync(clusters, ViewRights.Of(context), preset, time, context.RequestAborted);
        var socket = BeginResponse(context);
        var output = new SseOutput(context.Response.BodyWriter, socket);
        var sink = new SseSink(output, _frames, request.Shape, new StreamFilter(sources.Sources), sources.Sources, entry.Tally, time);
        var asked = string.Join(',', sources.Sources.Select(source => source.Feed.Name));
        LogOpened(entry.Id, context.Connection.RemoteIpAddress?.ToString(), asked, request.Query.Text, request.Cursor is not null);
        try
        {
            await new SseConnection(sources, sink, options, wakers, time, entry.Jitter).RunAsync(registry.DrainOf, context.RequestAborted, stopping);
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            // The client left: what it had held is freed below. A response whose end was not written must not look like one that may be followed by another.
            context.Abort();
        }
        catch (Exception failed)
        {
            // The client reconnects with its cursor; others notice nothing.
            LogFailed(entry.Id, asked, failed);
            context.Abort();
        }
        finally
        {
            Audit.SentCounter.Tell(context, entry.Tally.Changes, output.Straight);
            LogClosed(entry.Id, asked, entry.Tally.Changes);
        }
    }

    /// <summary>The response's headers; returns the socket where events may go straight to it: plain HTTP/1.1, whose chunks are then ours.</summary>
    private static Socket? BeginResponse(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Features.Get<ITlsHandshakeFeature>() is not null || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return null;
        }

        context.Response.Headers.TransferEncoding = "chunked";
        socket.Blocking = false;
        return socket;
    }

    /// <summary>A reconnecting EventSource sends the header; a first connection can only use the query.</summary>
    private static string CursorOf(HttpRequest request)
    {
        var text = request.Headers["Last-Event-ID"].ToString();
        foreach (var name in new[] { "last_event_id", "lastEventId", "cursor" })
        {
            text = text.Length > 0 ? text : request.Query[name].ToString();
        }

        return text;
    }

    [LoggerMessage(3002, LogLevel.Information, "stream {Stream} opened by {Client}: {Resources} where {Query}, resumed: {Resumed}")]
    private partial void LogOpened(long stream, string? client, string resources, string query, bool resumed);

    [LoggerMessage(3003, LogLevel.Information, "stream {Stream} of {Resources} closed after {Changes} changes")]
    private partial void LogClosed(long stream, string resources, long changes);

    [LoggerMessage(3004, LogLevel.Error, "stream {Stream} of {Resources} failed; the client will reconnect with its cursor")]
    private partial void LogFailed(long stream, string resources, Exception error);
}
