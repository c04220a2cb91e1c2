using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Informers;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>The gateway's own state: resources, status, health, statistics.</summary>
internal sealed class StatusEndpoints(
    ClusterSet clusters,
    EventHistory events,
    StreamRegistry streams,
    bool tellsWhy,
    Action<Utf8JsonWriter> writeMore,
    TimeProvider time
)
{
    /// <summary>Replaces a reason with addresses and files, for callers that may not see all of the resource.</summary>
    internal const string Untold = "the gateway cannot reach it or lacks a right; the gateway's log has the reason";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapRead("/healthz", AliveAsync).WithMetadata(StatusOperations.Alive);
        app.MapRead("/readyz", ReadyAsync).WithMetadata(StatusOperations.Ready);
        app.MapRead("/api/v1/resources", ResourcesAsync).WithMetadata(StatusOperations.Resources);
        app.MapRead("/api/v1/status", StatusAsync).WithMetadata(StatusOperations.Status);
        app.MapRead("/api/v1/stats/overview", OverviewAsync).WithMetadata(StatusOperations.Overview);
    }

    /// <summary><c>GET /api/v1/resources</c>: the catalog with columns, and each resource's state.</summary>
    public async Task ResourcesAsync(HttpContext context)
    {
        var scopes = await FeedScopes.OfAsync(context, Loaded(context), onlyWhole: true);
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("items"u8);
                foreach (var entry in clusters.CatalogFor(context.ViewRights()).Entries)
                {
                    json.WriteStartObject();
                    json.WriteString("name"u8, entry.Name);
                    json.WriteString("kind"u8, entry.Kind);
                    json.WriteString("icon"u8, entry.Icon);
                    json.WriteBoolean("namespaced"u8, entry.Namespaced);
                    json.WriteNumber("tier"u8, entry.Tier);
                    json.WriteBoolean("metadataOnly"u8, entry.MetadataOnly);
                    json.WriteStartArray("aliases"u8);
                    foreach (var alias in entry.Aliases)
                    {
                        json.WriteStringValue(alias);
                    }

                    json.WriteEndArray();
                    json.WriteStartArray("columns"u8);
                    foreach (var column in entry.Columns)
                    {
                        json.WriteStartObject();
                        json.WriteString("name"u8, column.Name);
                        json.WriteString("key"u8, column.Key);
                        json.WriteString("type"u8, Word(column.Type));
                        json.WriteBoolean("wide"u8, column.IsWide);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteStartArray("clusters"u8);
                    foreach (var session in scopes.Of(Asked(context)))
                    {
                        if (session.Find(entry.Name) is { } feed)
                        {
                            json.WriteStartObject();
                            WriteState(json, feed, scopes);
                            json.WriteEndObject();
                        }
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    /// <summary><c>GET /api/v1/status</c>: clusters, feeds, streams, in detail.</summary>
    public async Task StatusAsync(HttpContext context)
    {
        var scopes = await FeedScopes.OfAsync(context, Loaded(context));
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("version"u8, typeof(StatusEndpoints).Assembly.GetName().Version?.ToString(3));
                json.WriteString("started"u8, JsonTime.Text(_started));
                json.WriteBoolean("ready"u8, IsReady);
                writeMore(json);
                json.WriteStartArray("loading"u8);
                foreach (
                    var feed in scopes
                        .Of(Asked(context))
                        .SelectMany(session => session.Feeds)
                        .Where(feed => FeedState.Of(feed).Word == "syncing")
                )
                {
                    json.WriteStringValue(feed.Name);
                }

                json.WriteEndArray();
                json.WriteStartObject("streams"u8);
                json.WriteNumber("open"u8, streams.Open);
                json.WriteNumber("opened"u8, streams.Opened);
                json.WriteNumber("events"u8, streams.Counters.Changes);
                json.WriteEndObject();
                json.WriteStartArray("clusters"u8);
                foreach (var session in scopes.Of(Asked(context)))
                {
                    json.WriteStartObject();
                    json.WriteString("name"u8, session.Name);
                    json.WriteBoolean("ready"u8, session.IsReady);
                    if (session.Problem is { } problem)
                    {
                        json.WriteString("problem"u8, scopes.MayKnowWhy(session) ? problem : Untold);
                        JsonAnswer.WriteTime(json, "since", session.Since);
                    }

                    json.WriteStartArray("resources"u8);
                    foreach (var feed in session.Feeds)
                    {
                        json.WriteStartObject();
                        WriteState(json, feed, scopes);
                        if (scopes.SeesAll(feed))
                        {
                            WriteCounts(json, feed);
                        }

                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    /// <summary><c>GET /api/v1/stats/overview</c>: how many of what, in which state, where.</summary>
    public async Task OverviewAsync(HttpContext context)
    {
        var sessions = Asked(context);
        var scopes = await FeedScopes.OfAsync(context, Loaded(context));
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("at"u8, JsonTime.Text(time.GetUtcNow()));
                json.WriteStartObject("resources"u8);
                foreach (var entry in clusters.Catalog.Entries)
                {
                    var loaded = sessions
                        .Select(session => session.Find(entry.Name))
                        .OfType<ResourceFeed>()
                        .Where(feed => feed.Informer?.HasSynced == true && scopes.SeesAny(feed))
                        .ToArray();
                    if (loaded.Length > 0)
                    {
                        Breakdown.Write(json, entry, [.. loaded.Select(feed => (feed.Cluster, scopes.Objects(feed)))]);
                    }
                }

                json.WriteEndObject();
                EventBreakdown.Write(
                    json,
                    [
                        .. sessions
                            .Select(session => session.Find(KubernetesEvents.Resource))
                            .OfType<ResourceFeed>()
                            .SelectMany(feed => events.Of(feed.Cluster).Where(e => scopes.Sees(feed, e.Namespace))),
                    ]
                );
                json.WriteEndObject();
            }
        );
    }

    /// <summary><c>GET /healthz</c>: the process answers.</summary>
    public static Task AliveAsync(HttpContext context) => SayAsync(context, "ok\n");

    /// <summary><c>GET /readyz</c>: pods are loaded; else 503 with the missing parts.</summary>
    public Task ReadyAsync(HttpContext context)
    {
        if (IsReady)
        {
            return SayAsync(context, "ok\n");
        }

        context.Response.StatusCode = 503;
        if (!tellsWhy)
        {
            // The caller is not authenticated: clusters' names and errors are not sent.
            return SayAsync(context, "not ready\n");
        }

        var missing = clusters
            .Sessions.Where(session => !session.IsReady)
            .SelectMany(session => session.Feeds.Where(feed => feed.Entry.Tier == 1))
            .Select(feed => $"{feed.Name}: {FeedState.Of(feed).Word} {FeedState.Of(feed).Reason}");
        return SayAsync(context, $"not ready\n{string.Join('\n', missing)}\n");
    }

    /// <summary>
    /// Ready where one cluster is, and the others are too or are known not to be for now: one that is down hurts no
    /// other.
    /// </summary>
    internal bool IsReady => clusters.Sessions.Any(session => session.IsReady) && clusters.Sessions.All(session => session.IsSettled);

    /// <summary>The clusters that a request is about.</summary>
    /// <exception cref="QueryException">It names an unknown cluster, as far as the caller may know.</exception>
    internal IReadOnlyList<ClusterSession> Asked(HttpContext context)
    {
        var (query, rights) = (LiveQuery.Parse(name => name == "cluster" ? context.Request.Query[name] : []), context.ViewRights());
        ClusterSession[] asked = [.. clusters.Sessions.Where(session => query.MatchesCluster(session.Name) && rights.Covers(session.Name))];
        return asked.Length > 0 || clusters.Sessions.Count == 0 ? asked : throw clusters.UnknownCluster(rights);
    }

    private IEnumerable<ResourceFeed> Loaded(HttpContext context) =>
        Asked(context).SelectMany(session => session.Feeds).Where(feed => feed.Informer is not null);

    /// <summary>The word for a column's type.</summary>
    internal static string Word(ColumnType type) =>
        type switch
        {
            ColumnType.CountAgo => "count-ago",
            _ => type.ToString().ToLowerInvariant(),
        };

    internal static void WriteState(Utf8JsonWriter json, ResourceFeed feed, FeedScopes scopes)
    {
        var state = FeedState.Of(feed);
        json.WriteString("cluster"u8, feed.Cluster);
        json.WriteString("resource"u8, feed.Entry.Name);
        json.WriteString("state"u8, state.Word);
        json.WriteNumber("objects"u8, scopes.SeesAll(feed) ? state.Status?.Objects ?? 0 : scopes.Count(feed));
        if (state.Status is { } status)
        {
            JsonAnswer.WriteFreshness(
                json,
                status.Freshness is { IsLive: false, Reason: not null } stale && !scopes.SeesAll(feed)
                    ? stale with
                    {
                        Reason = Untold,
                    }
                    : status.Freshness
            );
        }
        else if (state.Reason is { } reason)
        {
            json.WriteString("reason"u8, scopes.SeesAll(feed) ? reason : Untold);
        }
    }

    private static Task SayAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static void WriteAudit(Utf8JsonWriter json, AuditReport audit)
    {
        json.WriteStartObject("lastAudit"u8);
        JsonAnswer.WriteTime(json, "at", audit.Since);
        json.WriteString(
            "outcome"u8,
            audit.Outcome switch
            {
                AuditOutcome.Equal => "equal"u8,
                AuditOutcome.Different => "different"u8,
                AuditOutcome.Behind => "behind"u8,
                _ => "incomplete"u8,
            }
        );
        if (audit.Reason is { } reason)
        {
            json.WriteString("reason"u8, reason);
        }

        json.WriteString("revision"u8, audit.Revision.ToString());
        json.WriteNumber("objects"u8, audit.Objects);
        json.WriteNumber("differences"u8, audit.Total);
        json.WriteNumber("behind"u8, audit.Behind);
        json.WriteNumber("milliseconds"u8, (long)audit.Duration.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, ResourceFeed feed)
    {
        if (feed.Informer is not { } informer)
        {
            return;
        }

        var status = informer.Status;
        json.WriteString("apiVersion"u8, informer.Resource.ApiVersion);
        json.WriteString("revision"u8, status.Revision);
        json.WriteNumber("failures"u8, status.Failures);
        json.WriteNumber("retries"u8, status.Retries);
        json.WriteNumber("lists"u8, status.Lists);
        json.WriteNumber("watches"u8, status.Watches);
        JsonAnswer.WriteTime(json, "lastEvent", status.LastEvent);
        JsonAnswer.WriteTime(json, "lastBookmark", status.LastBookmark);
        json.WriteNumber("events"u8, informer.Counters.Events);
        json.WriteNumber("staleReads"u8, informer.Counters.StaleReads);
        json.WriteNumber("undecodable"u8, informer.Counters.Undecodable);
        json.WriteNumber("deltas"u8, informer.Log.Appended);
        json.WriteNumber("deltasKept"u8, informer.Log.Kept);
        json.WriteNumber("catchUps"u8, informer.Log.CatchUps);
        json.WriteNumber("silences"u8, informer.Counters.Silences);
        json.WriteNumber("audits"u8, informer.Counters.Audits);
        json.WriteNumber("auditDifferences"u8, informer.Counters.AuditDifferences);
        if (status.LastAudit is { } audit)
        {
            WriteAudit(json, audit);
        }
    }
}
