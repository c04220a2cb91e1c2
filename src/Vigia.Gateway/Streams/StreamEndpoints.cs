using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vigia.Catalog;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Rest;
using Vigia.Informers.Deltas;

namespace Vigia.Gateway.Streams;

/// <summary>Opens streams: parses and refuses before anything is opened, then hands over to <see cref="SseConnection"/>.</summary>
internal sealed partial class StreamEndpoints(ClusterSet clusters, StreamRegistry registry, StreamOptions options, TimeProvider time, Random random, ILogger logger, CancellationToken stopping)
{
    /// <summary><c>GET /api/v1/{resource}/stream</c> and <c>GET /api/v1/stream?resources=a,b</c>.</summary>
    public async Task StreamAsync(HttpContext context, string? resource)
    {
        var names = resource is not null ? [resource] : context.Request.Query["resources"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).ToArray();
        if (names.Length == 0)
        {
            throw new QueryException("resources", $"name one or more, joined by commas; there are {clusters.Catalog.Suggest()}");
        }

        var entries = new List<ResourceEntry>();
        foreach (var name in names)
        {
            if (clusters.Catalog.Find(name) is not { } entry)
            {
                await Problem.WriteAsync(context, 404, "Unknown resource", clusters.Catalog.Explain(name));
                return;
            }

            entries.Add(entry);
        }

        await OpenAsync(context, entries.Distinct(), LiveQuery.Parse(name => context.Request.Query[name]), preset: null);
    }

    /// <summary>Opens a stream of some resources through a query; with a preset, in its form.</summary>
    public async Task OpenAsync(HttpContext context, IEnumerable<ResourceEntry> entries, LiveQuery query, PresetStream? preset)
    {
        var shape = ShapeOf(context.Request.Query["shape"].ToString());
        var cursor = CursorOf(context.Request);
        var resources = entries.Select(entry => entry.Name).Distinct(StringComparer.Ordinal).ToArray();
        if (!clusters.Sessions.Any(session => query.MatchesCluster(session.Name)))
        {
            await Problem.WriteAsync(context, 404, "Unknown cluster", $"this gateway has no such cluster; it has {string.Join(", ", clusters.Sessions.Select(session => session.Name))}");
            return;
        }

        using var entry = registry.TryEnter();
        if (entry is null)
        {
            context.Response.Headers.RetryAfter = "5";
            await Problem.WriteAsync(context, 503, "Too many streams", $"this gateway serves {options.MaxStreams} streams at a time; try again in a few seconds");
            return;
        }

        // Rights are asked before anything is opened; of a cluster or resource that joins later, when it does.
        var rights = ViewRights.Of(context);
        var selection = new FeedSelection(clusters, resources, query);
        selection.Refresh(out var feeds, out _);
        var views = feeds.Select(feed => new FeedView(feed, query, rights)).ToArray();
        foreach (var view in views)
        {
            await view.PrepareAsync(context.RequestAborted);
        }

        var filter = StreamFilter.Of(views);
        var sources = new SourceSet(
            selection,
            feeds.Zip(views, (feed, view) => SourceOf(feed, view, filter, cursor, preset)),
            Ended(cursor, resources, query).Select(feed => new StreamSource(feed, new FeedView(feed, query, rights), preset, null, ResetReason.Filter, time)),
            async feed =>
            {
                var view = new FeedView(feed, query, rights);
                await view.PrepareAsync(context.RequestAborted);
                return new StreamSource(feed, view, preset, null, ResetReason.Start, time);
            });
        var sink = new SseSink(context.Response.BodyWriter, shape, new StreamFilter(sources.Sources), sources.Sources);
        BeginResponse(context);
        var asked = string.Join(',', sources.Sources.Select(source => source.Feed.Name));
        LogOpened(entry.Id, context.Connection.RemoteIpAddress?.ToString(), asked, query.Text, cursor is not null);
        try
        {
            await new SseConnection(sources, sink, options, time, Jitter()).RunAsync(context.RequestAborted, stopping);
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            // The client left: what it had held is freed below.
        }
        catch (Exception failed)
        {
            // The client reconnects with its cursor; others notice nothing.
            LogFailed(entry.Id, asked, failed);
            context.Abort();
        }
        finally
        {
            entry.Changes = sink.Changes;
            LogClosed(entry.Id, asked, sink.Changes);
        }
    }

    /// <summary>What the client's cursor has a place in and what is no more: its cluster was removed, or its definition deleted, while the client was away.</summary>
    private IEnumerable<ResourceFeed> Ended(StreamCursor? cursor, IReadOnlyCollection<string> resources, LiveQuery query)
        => (cursor?.Sources ?? []).Select(name => name.Split('/', 2))
            .Where(name => resources.Contains(name[1]) && query.MatchesCluster(name[0]) && clusters.Find(name[0])?.Find(name[1]) is null)
            .Select(name => ResourceFeed.Gone(name[0], clusters.Catalog.Find(name[1])!, clusters.Find(name[0]) is null ? $"this gateway no longer has the cluster {name[0]}" : $"{name[0]} no longer has the resource {name[1]}"));

    private StreamSource SourceOf(ResourceFeed feed, FeedView view, string filter, StreamCursor? cursor, PresetStream? preset)
    {
        ResetReason? reset = null;
        SourceCursor? resume = null;
        if (cursor is null)
        {
            reset = ResetReason.Start;
        }
        else if (cursor.Filter != filter || cursor.Find(feed.Name) is not { } place)
        {
            reset = ResetReason.Filter;
        }
        else if (place.Revision.IsNone)
        {
            // It was cut off before its first snapshot was whole.
            reset = ResetReason.Start;
        }
        else
        {
            resume = place;
        }

        return new StreamSource(feed, view, preset, resume, reset, time);
    }

    private static void BeginResponse(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }

    private static ChangeShape ShapeOf(string text) => text switch
    {
        "" or "summary" => ChangeShape.Summary,
        "full" => ChangeShape.Full,
        "diff" => ChangeShape.Diff,
        _ => throw new QueryException("shape", $"'{text}' is none of summary, full, diff"),
    };

    /// <summary>A reconnecting EventSource sends the header; a first connection can only use the query.</summary>
    private static StreamCursor? CursorOf(HttpRequest request)
    {
        var text = request.Headers["Last-Event-ID"].ToString();
        foreach (var name in new[] { "last_event_id", "lastEventId", "cursor" })
        {
            text = text.Length > 0 ? text : request.Query[name].ToString();
        }

        if (text.Length == 0)
        {
            return null;
        }

        return StreamCursor.TryParse(text, out var cursor, out var error) ? cursor : throw new QueryException("Last-Event-ID", error);
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Jitter.")]
    private double Jitter()
    {
        lock (random)
        {
            return random.NextDouble();
        }
    }

    [LoggerMessage(3002, LogLevel.Information, "stream {Stream} opened by {Client}: {Resources} where {Query}, resumed: {Resumed}")]
    private partial void LogOpened(long stream, string? client, string resources, string query, bool resumed);

    [LoggerMessage(3003, LogLevel.Information, "stream {Stream} of {Resources} closed after {Changes} changes")]
    private partial void LogClosed(long stream, string resources, long changes);

    [LoggerMessage(3004, LogLevel.Error, "stream {Stream} of {Resources} failed; the client will reconnect with its cursor")]
    private partial void LogFailed(long stream, string resources, Exception error);
}
