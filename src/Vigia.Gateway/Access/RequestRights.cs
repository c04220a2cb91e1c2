using Microsoft.AspNetCore.Http;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>
/// The rights of a request's caller for the request's verb. Ends with the request; until then, for a stream, rights are
/// renewed as they age.
/// </summary>
internal sealed class RequestRights(HttpContext? context, Caller caller, AccessVerb verb, ClusterSet clusters) : IViewRights, IDisposable
{
    // A refusal names so many namespaces; a request may name a thousand.
    private const int MostTold = 5;

    private readonly Lock _gate = new();
    private Dictionary<(string Cluster, string Resource), IResourceRights>? _rights;
    private List<IDisposable>? _followed;
    private AccessVerb _verb = verb;
    private string[]? _named;
    private string? _cluster;
    private bool _isOnly;
    private bool _disposed;

    /// <summary>The caller.</summary>
    public Caller Caller => caller;

    public bool IsEverything => caller.Rights.IsEverything;

    public Task NextChange => caller.Rights.NextChange;

    public bool Covers(string cluster) => caller.Rights.Covers(cluster);

    public bool Allows(string cluster, ResourceEntry entry, string ns)
    {
        if (For(cluster, entry) is not { } rights)
        {
            return false;
        }

        var scope = rights.Scope;
        if (!scope.Knows(ns))
        {
            rights.Ask(ns);
            scope = rights.Scope;
        }

        return scope.Allows(ns);
    }

    public string? Problem(string cluster, ResourceEntry entry) => For(cluster, entry)?.Scope.Problem;

    public string Fingerprint(string cluster, ResourceEntry entry) => For(cluster, entry)?.Fingerprint(Wanted(entry)) ?? "";

    public ResourceVersion HistoryFrom(string cluster, ResourceEntry entry) => For(cluster, entry)?.HistoryFrom ?? ResourceVersion.None;

    public bool IsGone(string cluster, ResourceEntry entry, string ns) => For(cluster, entry)?.IsGone(ns) ?? false;

    public async Task PrepareAsync(string cluster, ResourceEntry entry, CancellationToken cancellationToken)
    {
        if (IsEverything || Feed(cluster, entry) is not { } feed || For(cluster, entry) is not { } rights || !caller.Rights.Covers(cluster))
        {
            return;
        }

        // 1. Namespaces with objects, or those that the request names: the right to see a namespace counts before its
        // first object.
        var named = Wanted(entry);
        var isOnly = _isOnly || clusters.Sessions.Count(session => caller.Rights.Covers(session.Name)) == 1 || OnlyCluster() == cluster;
        try
        {
            await rights.PrepareAsync(named, cancellationToken);
        }
        catch (AccessUnavailableException unavailable) when (!isOnly && unavailable is not AccessBacklogException)
        {
            // 2. Of several clusters an unavailable one is left out, and this is reported.
            context?.Features.Get<AccessNotes>()?.Incomplete(context, unavailable.Message);
            return;
        }

        // 3. A named namespace without the right is refused with the missing right; others are left out.
        var scope = rights.Scope;
        string[] refused =
            scope.All || !isOnly ? []
            : !entry.Namespaced ? [""]
            : named is null ? []
            : [.. named.Where(ns => !scope.Allows(ns))];
        if (_verb != AccessVerb.Get && refused.Length > 0)
        {
            var more = refused.Length > MostTold ? $" and {refused.Length - MostTold} more" : "";
            var where =
                !entry.Namespaced ? ""
                : refused.Length == 1 ? $" in namespace {refused[0]}"
                : $" in the namespaces {string.Join(", ", refused.Take(MostTold))}{more}";
            throw new AccessDeniedException(
                $"user {caller.Name} may not {Words} {feed.Informer?.Resource.GroupResource ?? entry.Name}{where} of cluster {cluster}; "
                    + $"ask for a role with the verb{(_verb == AccessVerb.Watch ? "s" : "")} {Words}"
            );
        }
    }

    /// <summary>The request ends and its rights do not: only the data that they need is kept.</summary>
    public void Outlive()
    {
        _named = Named();
        _cluster = OnlyCluster();
        context = null;
    }

    /// <summary>For routes that know in advance what they need: one cluster and, if given, one namespace.</summary>
    public void Narrow(AccessVerb wanted, string? ns) => (_verb, _named, _isOnly) = (wanted, ns is null ? [] : [ns], true);

    /// <summary>
    /// The same caller's rights for a part of the request that names things of its own: a subscription. Dispose it with
    /// that part. Null if all is allowed.
    /// </summary>
    public RequestRights? PartOrNull(IEnumerable<string?> namespaces, IEnumerable<string?> clusterNames)
    {
        if (IsEverything)
        {
            return null;
        }

        var named = clusterNames.SelectMany(ClusterNames.Split).ToArray();
        if (named.FirstOrDefault(name => !caller.Rights.Covers(name)) is { } other)
        {
            throw new AccessDeniedException(
                $"this connection does not cover cluster {other}: its token was not sent there; open another "
                    + $"connection with ?cluster={other}"
            );
        }

        return new RequestRights(null, caller, _verb, clusters)
        {
            _named = [.. namespaces.SelectMany(Split).Distinct(StringComparer.Ordinal)],
            _cluster = named.Length == 1 ? named[0] : OnlyCluster(),
        };
    }

    /// <summary>
    /// Refuses a caller that may see nothing of a feed: an empty list would look like an empty cluster. Rights have
    /// been prepared.
    /// </summary>
    /// <exception cref="AccessDeniedException">The caller may see no namespace.</exception>
    public void DemandAny(ResourceFeed feed)
    {
        if (!IsEverything && For(feed.Cluster, feed.Entry)?.Scope.IsNothing != false)
        {
            throw new AccessDeniedException(
                $"user {caller.Name} may not {Words} {feed.Informer?.Resource.GroupResource ?? feed.Entry.Name} in any namespace of "
                    + $"cluster {feed.Cluster}; ask for a role with the verb{(_verb == AccessVerb.Watch ? "s" : "")} {Words}"
            );
        }
    }

    /// <summary>
    /// The visible part of a feed, over all namespaces with objects. For frequent requests of many callers: as far as
    /// known or answered by one review. Refuses nothing.
    /// </summary>
    /// <exception cref="AccessUnavailableException">
    /// It cannot be found out now, and the feed's cluster is the only one.
    /// </exception>
    public async Task<ViewScope> ScopeAsync(ResourceFeed feed, bool onlyWhole, CancellationToken cancellationToken)
    {
        if (IsEverything || !caller.Rights.Covers(feed.Cluster) || For(feed.Cluster, feed.Entry) is not { } rights)
        {
            return IsEverything ? ViewScope.Everything : ViewScope.Nothing;
        }

        try
        {
            await (onlyWhole ? rights.PrepareWholeAsync(cancellationToken) : rights.PrepareAsync(null, cancellationToken));
        }
        catch (AccessUnavailableException unavailable) when (clusters.Sessions.Count > 1 && unavailable is not AccessBacklogException)
        {
            context?.Features.Get<AccessNotes>()?.Incomplete(context, unavailable.Message);
        }

        return rights.Scope;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var followed in _followed ?? [])
            {
                followed.Dispose();
            }

            _followed = null;
        }
    }

    /// <summary>The one cluster that the request names; null if it names none, or several.</summary>
    private string? OnlyCluster() => context is null ? _cluster : RequestClusters.OnlyOf(context.Request, clusters);

    private string Words =>
        _verb switch
        {
            AccessVerb.Get => "get",
            AccessVerb.Watch => "list and watch",
            _ => "list",
        };

    private ResourceFeed? Feed(string cluster, ResourceEntry entry)
    {
        foreach (var session in clusters.Sessions)
        {
            if (session.Name == cluster)
            {
                return session.Find(entry.Name);
            }
        }

        return null;
    }

    private IResourceRights? For(string cluster, ResourceEntry entry)
    {
        lock (_gate)
        {
            if (_rights?.TryGetValue((cluster, entry.Name), out var known) == true)
            {
                return known;
            }

            if (Feed(cluster, entry) is not { } feed)
            {
                return null;
            }

            var rights = caller.Rights.For(feed, _verb);

            // Before its version is known a resource may change its group: then the answers are about another.
            if (feed.Informer is not null)
            {
                (_rights ??= [])[(cluster, entry.Name)] = rights;
                if (_verb == AccessVerb.Watch && !_disposed)
                {
                    (_followed ??= []).Add(rights.Follow());
                }
            }

            return rights;
        }
    }

    private string[]? Wanted(ResourceEntry entry) => entry.Namespaced && Named() is { Length: > 0 } named ? named : null;

    private string[] Named()
    {
        if (_named is not null)
        {
            return _named;
        }

        if (context is null)
        {
            return [];
        }

        var named = context.Request.RouteValues["ns"] is string ns
            ? [ns]
            : context.Request.Query["namespace"].Concat(context.Request.Query["project"]).SelectMany(Split);
        return [.. named.Distinct(StringComparer.Ordinal)];
    }

    private static string[] Split(string? names) =>
        (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
