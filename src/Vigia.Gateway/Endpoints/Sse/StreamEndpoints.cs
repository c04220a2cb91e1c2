using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Gateway.Telemetry;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Notifications;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>
/// Opens streams: parses and refuses before anything is opened, then hands over to <see cref="SseConnection"/>.
/// </summary>
internal sealed partial class StreamEndpoints(
    ClusterSet clusters,
    StreamRegistry registry,
    ChangeNotifier notifier,
    CoalescingTimer clock,
    StreamOptions options,
    TimeProvider time,
    ILogger<StreamEndpoints> logger,
    IHostApplicationLifetime lifetime
)
{
    private readonly SseContext _all = new(options, notifier, clock, new SseFrames(), registry.DrainOf, time, lifetime.ApplicationStopping);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapRead("/api/v1/stream", context => StreamAsync(context, null)).WithMetadata(StreamOperations.Several);
        app.MapRead("/api/v1/{resource}/stream", context => StreamAsync(context, context.RouteText("resource")))
            .WithMetadata(StreamOperations.One);
        app.MapRead("/api/v1/events/stream", context => StreamAsync(context, KubernetesEvents.Resource))
            .WithMetadata(StreamOperations.KubernetesEvents);
    }

    /// <summary><c>GET /api/v1/{resource}/stream</c> and <c>GET /api/v1/stream?resources=a,b</c>.</summary>
    public Task StreamAsync(HttpContext context, string? resource)
    {
        var names = resource is not null
            ? [resource]
            : context
                .Request.Query["resources"]
                .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                .Distinct(StringComparer.Ordinal)
                .ToArray();
        if (names is [var only] && clusters.Catalog.Find(only) is { Name: KubernetesEvents.Resource } events)
        {
            // Events can be filtered by their contents, under any name of the resource.
            return OpenAsync(
                context,
                [events],
                EventQuery.With(LiveQuery.Parse(name => context.Request.Query[name]), context.Request.Query, time.GetUtcNow()),
                preset: null
            );
        }

        return OpenAsync(
            context,
            StreamRequest.Parse(clusters, names, name => context.Request.Query[name], CursorOf(context.Request)),
            preset: null
        );
    }

    /// <summary>Opens a stream of some resources through a query; with a preset, in its form.</summary>
    public Task OpenAsync(HttpContext context, IEnumerable<ResourceEntry> entries, LiveQuery query, PresetStream? preset) =>
        OpenAsync(
            context,
            StreamRequest.Of(clusters, entries, query, name => context.Request.Query[name], CursorOf(context.Request)),
            preset
        );

    private async Task OpenAsync(HttpContext context, StreamRequest request, PresetStream? preset)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            // The start of the stream, without it: rights are reviewed all the same.
            await using var opened = await request.OpenAsync(clusters, context.ViewRights(), preset, time, context.RequestAborted);
            Begin(context, isHandedOver: false);
            return;
        }

        var entry = registry.TryEnter(context, StreamTransport.Sse, out var refusal);
        if (entry is null)
        {
            await refusal!.WriteAsync(context);
            return;
        }

        SubscriptionSet? sources = null;
        SseStream? stream = null;
        try
        {
            sources = await request.OpenAsync(clusters, context.ViewRights(), preset, time, context.RequestAborted);
            var takeover = ConnectionTakeover.For(context);
            Begin(context, takeover is not null);
            var output = takeover is null
                ? new SseOutput(context.Response.BodyWriter, null, isChunked: false)
                : new SseOutput(takeover.Connection.Transport.Output, SocketOf(takeover.Connection.Features), isChunked: true);
            var sink = new SseSink(
                output,
                _all.Frames,
                request.Shape,
                new StreamFilter(sources.Sources),
                sources.Sources,
                entry.Tally,
                time
            );
            var asked = sources.Sources is [var only]
                ? only.Feed.Name
                : string.Join(',', sources.Sources.Select(source => source.Feed.Name));
            LogOpened(
                entry.Id,
                context.Connection.RemoteIpAddress?.ToString(),
                asked,
                LogText.Of(request.Query.Text),
                request.Cursor is not null
            );
            if (takeover is not null)
            {
                // The header is the last of the request, and the stream the first after it.
                await context.Response.StartAsync(context.RequestAborted);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }

            stream = new SseStream(
                entry,
                sources,
                output,
                new SseConnection(sources, sink, _all, entry.Jitter),
                asked,
                takeover is null ? null : GatewayTracing.StartStream(asked),
                logger
            );
            if (takeover is not null)
            {
                takeover.Take(stream);
                return;
            }
        }
        finally
        {
            if (stream is null)
            {
                entry.Dispose();
                await (sources?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }

        if (!await stream.RunAsync(ended => SentCounter.Tell(context, ended.Changes), context.RequestAborted, CancellationToken.None))
        {
            // A response whose end was not written must not look whole.
            context.Abort();
        }
    }

    private static void Begin(HttpContext context, bool isHandedOver)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (isHandedOver)
        {
            context.Response.Headers.TransferEncoding = "chunked";
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>The socket, if its output is exactly what the client reads.</summary>
    internal static Socket? SocketOf(IFeatureCollection features)
    {
        if (features.Get<ITlsHandshakeFeature>() is not null || features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return null;
        }

        try
        {
            socket.Blocking = false;
            return socket;
        }
        catch (ObjectDisposedException)
        {
            // The client left before its stream had started: the output goes nowhere, and the stream ends by itself.
            return null;
        }
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

    [LoggerMessage(3002, LogLevel.Information, "Stream {Stream} opened by {Client}: {Resources} where {Query}, resumed: {Resumed}")]
    private partial void LogOpened(long stream, string? client, string resources, string query, bool resumed);
}
