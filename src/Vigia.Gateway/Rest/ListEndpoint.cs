using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Catalog;
using Vigia.Catalog.Rows;
using Vigia.Gateway.Access;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Events;
using Vigia.Gateway.Limits;
using Vigia.Gateway.Queries;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Rest;

/// <summary>Lists and single objects, from memory.</summary>
internal sealed class ListEndpoint(ClusterSet clusters, TimeProvider time)
{
    // A resource that nobody had asked for is loaded now; longer than this nobody waits for a list.
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    /// <summary><c>GET /api/v1/{resource}</c> and <c>/api/v1/namespace/{ns}/{resource}</c>.</summary>
    public async Task ListAsync(HttpContext context, string resource, string? ns)
    {
        if (await FindAsync(context, resource) is not { } entry)
        {
            return;
        }

        var query = LiveQuery.Parse(name => name == "namespace" && ns is not null ? [ns] : context.Request.Query[name]);
        if (entry.Name == EventEndpoints.Resource)
        {
            query = EventQuery.With(query, context.Request.Query, time.GetUtcNow());
        }

        var order = ListRequestParameters.Parse(context.Request.Query, entry);
        var feeds = await LoadedAsync(context, entry, query);
        if (feeds is null)
        {
            return;
        }

        var found = new List<(ResourceFeed Feed, RawObject Object)>();
        foreach (var feed in feeds)
        {
            var store = feed.Informer!.Store;
            var view = new FeedView(feed, query, ViewRights.Of(context));
            await view.PrepareAsync(context.RequestAborted);
            foreach (var o in query.OnlyNamespace is { } only ? store.List(only) : store.List())
            {
                if (view.Sees(o))
                {
                    found.Add((feed, o));
                }
            }
        }

        found.Sort((left, right) => Compare(left, right, entry, order));
        var page = found.Skip((int)Math.Min((order.Page - 1L) * order.Limit, found.Count)).Take(order.Limit);
        context.Response.Headers["X-Total-Count"] = found.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (context.Request.Query["output"].ToString() is "table" or "wide")
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            var wide = context.Request.Query["output"] == "wide";
            Encoding.UTF8.GetBytes(TableText.Render(entry, page.Select(item => item.Object), time.GetUtcNow(), wide, entry.Namespaced && query.OnlyNamespace is null), context.Response.BodyWriter);
            await AnswerPace.FlushAsync(context);
            return;
        }

        await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var (feed, o) in page)
            {
                WriteItem(json, feed, entry, o, withObject: false);
            }

            json.WriteEndArray();
            json.WriteNumber("page"u8, order.Page);
            json.WriteNumber("limit"u8, order.Limit);
            json.WriteNumber("total"u8, found.Count);
            json.WriteString("revision"u8, string.Join(',', feeds.Select(feed => feed.Informer!.Log.Revision)));
            WriteClusters(json, entry, query);
            JsonAnswer.WriteFreshness(json, (feeds.FirstOrDefault(feed => !feed.Informer!.Freshness.IsLive) ?? feeds[0]).Informer!.Freshness);
            json.WriteEndObject();
        });
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
            var view = new FeedView(feed, LiveQuery.Everything, ViewRights.Of(context));
            await view.PrepareAsync(context.RequestAborted);
            foreach (var o in feed.Informer!.Store.List())
            {
                if (o.Uid == uid && (view.Sees(o) || await FeedScopes.MayGetAsync(context, feed, o)))
                {
                    await JsonAnswer.WriteAsync(context, json => WriteItem(json, feed, entry, o, withObject: true));
                    return;
                }
            }
        }

        await Problem.WriteAsync(context, 404, "Not found", $"there is no {entry.Kind} with the uid '{uid}'");
    }

    /// <summary>The entry of a name in a URL; answers 404 and returns null where there is none.</summary>
    public async Task<ResourceEntry?> FindAsync(HttpContext context, string resource)
    {
        if (clusters.Catalog.Find(resource) is { } entry)
        {
            return entry;
        }

        await Problem.WriteAsync(context, 404, "Unknown resource", clusters.Catalog.Explain(resource));
        return null;
    }

    private async Task<IReadOnlyList<ResourceFeed>?> LoadedAsync(HttpContext context, ResourceEntry entry, LiveQuery query)
    {
        var feeds = clusters.Feeds(entry, query);
        if (feeds.Count == 0)
        {
            var isKnown = clusters.Sessions.Any(session => query.MatchesCluster(session.Name));
            await (isKnown
                ? Problem.WriteAsync(context, 404, "Not served by the cluster", $"none of the clusters asked for has the resource {entry.Name}")
                : Problem.WriteAsync(context, 404, "Unknown cluster", $"this gateway has no such cluster; it has {string.Join(", ", clusters.Sessions.Select(session => session.Name))}"));
            return null;
        }

        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        foreach (var feed in feeds)
        {
            await FeedLoading.SettledAsync(feed, either.Token);
            context.RequestAborted.ThrowIfCancellationRequested();
        }

        // What is held is served, be it stale; only what was never complete cannot be.
        var loaded = feeds.Where(feed => feed.Informer?.HasSynced == true).ToArray();
        if (loaded.Length > 0)
        {
            return loaded;
        }

        var state = FeedState.Of(feeds[0]);
        var (status, title) = state.Word switch { "absent" => (404, "Not served by the cluster"), "denied" => (503, "Denied by the cluster"), _ => (503, "Not loaded yet") };
        context.Response.Headers.RetryAfter = "2";
        await Problem.WriteAsync(context, status, title, $"{entry.Name} of {feeds[0].Cluster} cannot be listed: {state.Reason ?? $"the first list is coming in, {state.Status?.Objects ?? 0} objects so far"}");
        return null;
    }

    /// <summary>What each cluster gave: one that gave nothing is told, never passed over.</summary>
    private void WriteClusters(Utf8JsonWriter json, ResourceEntry entry, LiveQuery query)
    {
        json.WriteStartArray("clusters"u8);
        foreach (var feed in clusters.Feeds(entry, query))
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

    private static int Compare((ResourceFeed Feed, RawObject Object) first, (ResourceFeed Feed, RawObject Object) second, ResourceEntry entry, ListRequestParameters order)
    {
        var (left, right) = (first.Object, second.Object);
        foreach (var (column, descending) in order.Sort)
        {
            var result = column switch
            {
                ListRequestParameters.ByCluster => string.CompareOrdinal(first.Feed.Cluster, second.Feed.Cluster),
                ListRequestParameters.ByNamespace => string.CompareOrdinal(left.Namespace, right.Namespace),
                ListRequestParameters.ByName => string.CompareOrdinal(left.Name, right.Name),
                _ => CellOrder.Compare(entry.Columns[column].Type, entry.RowOf(left)[column], entry.RowOf(right)[column]),
            };
            if (result != 0)
            {
                return descending ? -result : result;
            }
        }

        // The same object name on two clusters: pages need an order that is always the same.
        var byKey = left.Key.CompareTo(right.Key);
        return byKey != 0 ? byKey : string.CompareOrdinal(first.Feed.Cluster, second.Feed.Cluster);
    }
}
