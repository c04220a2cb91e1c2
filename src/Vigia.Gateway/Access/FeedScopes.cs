using Microsoft.AspNetCore.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// The parts of some feeds that a request's caller may see, for answers that count rather than list. Immutable.
/// </summary>
internal sealed class FeedScopes
{
    private static readonly FeedScopes Everything = new(null, static _ => true);

    private readonly Dictionary<ResourceFeed, ViewScope>? _scopes;
    private readonly Func<string, bool> _covers;

    private FeedScopes(Dictionary<ResourceFeed, ViewScope>? scopes, Func<string, bool> covers) => (_scopes, _covers) = (scopes, covers);

    /// <summary>Finds out about the feeds that have objects.</summary>
    /// <param name="context">The request.</param>
    /// <param name="feeds">The feeds.</param>
    /// <param name="onlyWhole">
    /// True if it suffices to know for each feed whether all of it is visible, in addition to cached answers: one
    /// review per feed instead of one per namespace.
    /// </param>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    public static async Task<FeedScopes> OfAsync(HttpContext context, IEnumerable<ResourceFeed> feeds, bool onlyWhole = false)
    {
        if (context.Features.Get<IViewRights>() is not RequestRights rights)
        {
            throw new InvalidOperationException(
                $"{context.Request.Path} was reached without an access check; map the route behind AccessGate"
            );
        }

        if (rights.IsEverything)
        {
            return Everything;
        }

        var scopes = await Task.WhenAll(
            feeds
                .Where(feed => rights.Covers(feed.Cluster))
                .Select(async feed => (Feed: feed, Scope: await rights.ScopeAsync(feed, onlyWhole, context.RequestAborted)))
        );
        return new(scopes.ToDictionary(pair => pair.Feed, pair => pair.Scope), rights.Covers);
    }

    /// <summary>Whether the caller may get an object by name that the caller may not list.</summary>
    public static async ValueTask<bool> MayGetAsync(HttpContext context, ResourceFeed feed, RawObject o) =>
        context.Features.Get<IViewRights>() is RequestRights { IsEverything: false } rights
        && await rights.Caller.Rights.MayGetAsync(feed, o.Namespace, o.Name, context.RequestAborted);

    /// <summary>Refuses a caller that may not get an object of this name, whether it exists or not.</summary>
    /// <exception cref="AccessDeniedException">The caller may not get it.</exception>
    public static async ValueTask DemandGetAsync(HttpContext context, ResourceFeed feed, string ns, string name)
    {
        if (
            context.Features.Get<IViewRights>() is RequestRights { IsEverything: false } rights
            && !await rights.Caller.Rights.MayGetAsync(feed, ns, name, context.RequestAborted)
        )
        {
            throw new AccessDeniedException(
                $"{feed.Entry.Name} \"{name}\" is forbidden: user {rights.Caller.Name} may not get "
                    + $"{feed.Entry.Name}{(ns.Length > 0 ? $" in namespace {ns}" : "")} of cluster {feed.Cluster}"
            );
        }
    }

    /// <summary>
    /// The clusters that know the caller. Nothing is reported about the others, not even that they exist.
    /// </summary>
    public IEnumerable<ClusterSession> Of(IEnumerable<ClusterSession> sessions) => sessions.Where(session => _covers(session.Name));

    /// <summary>
    /// True if the caller may see why a cluster is unreachable, with addresses and files: a caller that may list all
    /// objects of some resource there.
    /// </summary>
    public bool MayKnowWhy(ClusterSession session) => _scopes is null || (_covers(session.Name) && session.Feeds.Any(SeesAll));

    /// <summary>True if the caller sees the feed as a whole, and with it how it is doing.</summary>
    public bool SeesAll(ResourceFeed feed) => Of(feed).All;

    /// <summary>True if the caller sees anything of the feed.</summary>
    public bool SeesAny(ResourceFeed feed) => !Of(feed).IsNothing;

    /// <summary>True if the caller sees the objects of a namespace.</summary>
    public bool Sees(ResourceFeed feed, string ns) => Of(feed).Allows(ns);

    /// <summary>The objects that the caller sees.</summary>
    public IEnumerable<RawObject> Objects(ResourceFeed feed)
    {
        if (feed.Informer?.Store is not { } store)
        {
            return [];
        }

        var scope = Of(feed);
        return scope.All ? store.List() : scope.Allowed.SelectMany(store.List);
    }

    /// <summary>How many objects the caller sees.</summary>
    public int Count(ResourceFeed feed)
    {
        if (feed.Informer?.Store is not { } store)
        {
            return 0;
        }

        var scope = Of(feed);
        return scope.All ? store.Count : scope.Allowed.Sum(ns => store.List(ns).Count);
    }

    private ViewScope Of(ResourceFeed feed) =>
        _scopes is null ? ViewScope.Everything : _scopes.GetValueOrDefault(feed) ?? ViewScope.Nothing;
}
