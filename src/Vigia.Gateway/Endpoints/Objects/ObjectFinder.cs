using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Objects;

/// <summary>Finds the object of a path by resource and uid, for routes about one object and its surroundings.</summary>
internal static class ObjectFinder
{
    /// <summary>
    /// The object with its feed, if the caller may list it or get it by its name. Else answers 404 (403 for a caller
    /// that may see nothing of the resource) and returns null.
    /// </summary>
    /// <param name="context">A request with the route values <c>resource</c> and <c>uid</c>.</param>
    /// <param name="clusters">The clusters to search.</param>
    /// <param name="patience">How long to wait for a resource that was not loaded before.</param>
    public static async Task<(ResourceFeed Feed, RawObject Object)?> FindAsync(
        HttpContext context,
        ClusterSet clusters,
        CancellationToken patience
    )
    {
        var (resource, uid) = ((string)context.Request.RouteValues["resource"]!, (string)context.Request.RouteValues["uid"]!);
        var catalog = clusters.CatalogFor(context.ViewRights());
        if (catalog.Find(resource) is not { } entry)
        {
            await Problem.WriteAsync(context, 404, "Unknown resource", catalog.Explain(resource));
            return null;
        }

        foreach (var feed in clusters.Feeds(entry, LiveQuery.Everything, context.ViewRights()))
        {
            await FeedLoading.SettledAsync(feed, patience);
            context.RequestAborted.ThrowIfCancellationRequested();
            if (feed.Informer is { } informer && await SeenAsync(context, feed, ObjectLookup.ByUid(informer.Store, uid)) is { } found)
            {
                return (feed, found);
            }
        }

        await Problem.WriteAsync(context, 404, "Not found", $"there is no {entry.Kind} with the uid '{uid}'");
        return null;
    }

    private static async Task<RawObject?> SeenAsync(HttpContext context, ResourceFeed feed, RawObject? o)
    {
        var view = new FeedView(feed, LiveQuery.Everything, context.ViewRights());
        try
        {
            await view.PrepareAsync(context.RequestAborted);
        }
        catch (AccessDeniedException) when (o is not null)
        {
            // The caller may list none of them, and yet get this one by its name.
            if (await FeedScopes.MayGetAsync(context, feed, o))
            {
                return o;
            }

            throw;
        }

        return o is not null && (view.Sees(o) || await FeedScopes.MayGetAsync(context, feed, o)) ? o : null;
    }
}
