using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>Lists and single objects, from memory.</summary>
internal sealed class ListEndpoint(ClusterSet clusters, FeedOrders orders, UnmatchedEndpoint unmatched, TimeProvider time)
{
    // A resource that was not used before is loaded now; a list waits no longer than this.
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapRead("/api/v1/{resource}", context => ListAsync(context, context.RouteText("resource"), null))
            .WithMetadata(ResourceOperations.List);
        app.MapRead("/api/v1/{resource}/{uid}", context => GetAsync(context, context.RouteText("resource"), context.RouteText("uid")))
            .WithMetadata(ResourceOperations.Get);
        app.MapRead(
                "/api/v1/namespace/{ns}/{resource}",
                context => ListAsync(context, context.RouteText("resource"), context.RouteText("ns"))
            )
            .WithMetadata(ResourceOperations.ListInNamespace);
    }

    /// <summary><c>GET /api/v1/{resource}</c> and <c>/api/v1/namespace/{ns}/{resource}</c>.</summary>
    public async Task ListAsync(HttpContext context, string resource, string? ns)
    {
        if (await FindAsync(context, resource) is not { } entry)
        {
            return;
        }

        var query = LiveQuery.Parse(name => name == "namespace" && ns is not null ? [ns] : context.Request.Query[name]);
        if (entry.Name == KubernetesEvents.Resource)
        {
            query = EventQuery.With(query, context.Request.Query, time.GetUtcNow());
        }

        var feeds = await LoadedAsync(context, entry, query);
        if (feeds is null)
        {
            return;
        }

        // Clusters may define a custom resource differently: a request to one cluster uses its definition.
        entry = feeds.All(feed => feed.Entry == feeds[0].Entry) ? feeds[0].Entry : entry;
        var order = ListRequestParameters.Parse(context.Request.Query, entry);

        var (page, total) = await PageAsync(context, feeds, entry, query, order);
        context.Response.Headers["X-Total-Count"] = total.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (context.Request.Query["output"].ToString() is "table" or "wide")
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            var wide = context.Request.Query["output"] == "wide";
            var ofClusters = feeds.Count > 1 ? page.Select(item => item.Feed.Cluster) : null;
            Encoding.UTF8.GetBytes(
                TableText.Render(
                    entry,
                    page.Select(item => item.Object),
                    time.GetUtcNow(),
                    wide,
                    entry.Namespaced && query.OnlyNamespace is null,
                    ofClusters
                ),
                context.Response.BodyWriter
            );
            await AnswerPace.FlushAsync(context);
            return;
        }

        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("items"u8);
                foreach (var (feed, o) in page)
                {
                    WriteItem(json, feed, feed.Entry, o, withObject: false);
                }

                json.WriteEndArray();
                json.WriteNumber("page"u8, order.Page);
                json.WriteNumber("limit"u8, order.Limit);
                json.WriteNumber("total"u8, total);
                json.WriteString("revision"u8, string.Join(',', feeds.Select(feed => feed.Informer!.Log.Revision)));
                WriteClusters(json, entry, query, context.ViewRights());
                JsonAnswer.WriteFreshness(
                    json,
                    (feeds.FirstOrDefault(feed => !feed.Informer!.Freshness.IsLive) ?? feeds[0]).Informer!.Freshness
                );
                json.WriteEndObject();
            }
        );
    }

    private async Task<(IReadOnlyList<(ResourceFeed Feed, RawObject Object)> Items, int Total)> PageAsync(
        HttpContext context,
        IReadOnlyList<ResourceFeed> feeds,
        ResourceEntry entry,
        LiveQuery query,
        ListRequestParameters order
    )
    {
        var page = new ListPage(entry, order);
        foreach (var feed in feeds)
        {
            var store = feed.Informer!.Store;
            var view = new FeedView(feed, query, context.ViewRights());
            await view.PrepareAsync(context.RequestAborted);
            if (feeds.Count == 1 && view.IsEverything && orders.Page(feed, entry, order) is { } sorted)
            {
                return sorted;
            }

            foreach (var o in query.OnlyNamespace is { } only ? store.List(only) : store.List())
            {
                if (view.Sees(o))
                {
                    page.Offer(feed, o);
                }
            }
        }

        return (page.Items(), page.Total);
    }

    /// <summary><c>GET /api/v1/{resource}/{uid}</c>.</summary>
    public async Task GetAsync(HttpContext context, string resource, string uid)
    {
        if (await FindAsync(context, resource) is not { } entry || await LoadedAsync(context, entry, LiveQuery.Everything) is not { } feeds)
        {
            return;
        }

        foreach (var feed in feeds)
        {
            var view = new FeedView(feed, LiveQuery.Everything, context.ViewRights());
            await view.PrepareAsync(context.RequestAborted);
            if (ObjectLookup.ByUid(feed.Informer!.Store, uid) is { } o && (view.Sees(o) || await FeedScopes.MayGetAsync(context, feed, o)))
            {
                await JsonAnswer.WriteAsync(context, json => WriteItem(json, feed, feed.Entry, o, withObject: true));
                return;
            }
        }

        await Problem.WriteAsync(context, 404, "Not found", $"there is no {entry.Kind} with the uid '{uid}'");
    }

    /// <summary>The entry of a name in a URL; answers 404 and returns null if there is none.</summary>
    public async Task<ResourceEntry?> FindAsync(HttpContext context, string resource)
    {
        var catalog = clusters.CatalogFor(context.ViewRights());
        if (catalog.Find(resource) is { } entry)
        {
            return entry;
        }

        await unmatched.AnswerAsync(context, "Unknown resource", catalog.Explain(resource));
        return null;
    }

    private async Task<IReadOnlyList<ResourceFeed>?> LoadedAsync(HttpContext context, ResourceEntry entry, LiveQuery query)
    {
        var feeds = clusters.Feeds(entry, query, context.ViewRights());
        if (feeds.Count == 0)
        {
            throw clusters.Sessions.Any(session => query.MatchesCluster(session.Name) && context.ViewRights().Covers(session.Name))
                ? QueryException.NotFound(
                    "resource",
                    "Not served by the cluster",
                    $"none of the clusters asked for has the resource {entry.Name}"
                )
                : clusters.UnknownCluster(context.ViewRights());
        }

        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        foreach (var feed in feeds)
        {
            await FeedLoading.SettledAsync(feed, either.Token);
            context.RequestAborted.ThrowIfCancellationRequested();
        }

        // The cache is served even if it is stale; only an incomplete one cannot be.
        var loaded = feeds.Where(feed => feed.Informer?.HasSynced == true).ToArray();
        if (loaded.Length > 0)
        {
            return loaded;
        }

        var state = FeedState.Of(feeds[0]);
        var (status, title) = state.Word switch
        {
            "absent" => (404, "Not served by the cluster"),
            "denied" => (503, "Denied by the cluster"),
            _ => (503, "Not loaded yet"),
        };
        context.Response.Headers.RetryAfter = "2";
        await Problem.WriteAsync(
            context,
            status,
            title,
            $"{entry.Name} of {feeds[0].Cluster} cannot be listed: "
                + $"{state.Reason ?? $"the first list is loading, {state.Status?.Objects ?? 0} objects so far"}"
        );
        return null;
    }

    /// <summary>The part of each cluster: a cluster without a result is reported, never skipped.</summary>
    private void WriteClusters(Utf8JsonWriter json, ResourceEntry entry, LiveQuery query, IViewRights rights)
    {
        json.WriteStartArray("clusters"u8);
        foreach (var feed in clusters.Feeds(entry, query, rights))
        {
            var state = FeedState.Of(feed);
            json.WriteStartObject();
            json.WriteString("cluster"u8, feed.Cluster);
            json.WriteString("state"u8, state.Word);
            json.WriteBoolean("included"u8, feed.Informer?.HasSynced == true);
            if (state.Reason is { } reason)
            {
                json.WriteString("reason"u8, reason);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteItem(Utf8JsonWriter json, ResourceFeed feed, ResourceEntry entry, RawObject o, bool withObject)
    {
        json.WriteStartObject();
        json.WriteString("cluster"u8, feed.Cluster);
        json.WriteString("resource"u8, entry.Name);
        json.WriteString("namespace"u8, o.Namespace);
        json.WriteString("name"u8, o.Name);
        json.WriteString("uid"u8, o.Uid);
        json.WriteString("resourceVersion"u8, o.ResourceVersion.ToString());
        if (o.LastChange is { } by)
        {
            json.WriteString("by"u8, by.Manager);
        }

        json.WritePropertyName("row"u8);
        entry.RowOf(o).WriteJson(json);
        if (withObject)
        {
            using var body = o.Open();
            json.WritePropertyName("object"u8);
            json.WriteRawValue(body.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
    }
}
