using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The gateway as a read-only API server: requests of kubectl and client libraries are answered from memory, under the
/// caller's rights.
/// </summary>
/// <remarks>
/// Whole at <c>/kubernetes/CLUSTER/…</c>, and at the root of the listener that is for it alone
/// (<see cref="GatewayOptions.KubernetesListen"/>). At the root of the gateway's own address as far as it cannot be
/// taken for the gateway's own API (<see cref="RootAgents"/>).
/// </remarks>
internal sealed class KubernetesApi
{
    private readonly ClusterSet _clusters;
    private readonly KubernetesObjects _objects;
    private readonly OpenApiDocuments _documents;
    private readonly KubernetesListener _listener;
    private readonly RefusalForm _form;

    public KubernetesApi(ClusterSet clusters, KubernetesObjects objects, OpenApiDocuments documents, KubernetesListener listener)
    {
        (_clusters, _objects, _documents, _listener) = (clusters, objects, documents, listener);
        _form = new RefusalForm(IsMeant, static (context, status, detail) => StatusAnswer.Of(status, detail).WriteAsync(context));
    }

    /// <summary>
    /// Middleware in front of everything that may refuse: a request of the Kubernetes API is refused in that API's form
    /// (<see cref="Problem"/>).
    /// </summary>
    public Task MarkAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set(_form);
        return next(context);
    }

    /// <summary>Middleware: answers requests of the Kubernetes API, and passes on the rest.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var address = KubernetesAddress.Of(context.Request, name => _clusters.Find(name) is not null);
        var isOwn = address.Cluster is not null || _listener.IsMeant(context);
        if (address.Parts is not { } parts)
        {
            return isOwn ? NoPath(address).WriteAsync(context) : next(context);
        }

        if (!isOwn)
        {
            switch (MeaningAtRoot(context.Request, parts))
            {
                case RootMeaning.Gateway:
                    return next(context);
                case RootMeaning.Unclear:
                    return new StatusAnswer(
                        400,
                        "BadRequest",
                        $"{address.Text} belongs to two APIs at this address, and the User-Agent does not tell which one is "
                            + $"meant. For the Kubernetes API, use {KubernetesAddress.Prefix}CLUSTER as the server's address (or "
                            + "the address of --kubernetes-listen). For the gateway's own API, send another User-Agent or Accept: "
                            + "application/json"
                    ).WriteAsync(context);
            }
        }

        return AnswerAsync(context, address, parts);
    }

    /// <summary>True if a request is meant for this API, or may be.</summary>
    private bool IsMeant(HttpContext context)
    {
        var address = KubernetesAddress.Of(context.Request, name => _clusters.Find(name) is not null);
        return address.Cluster is not null
            || _listener.IsMeant(context)
            || (address.Parts is { } parts && MeaningAtRoot(context.Request, parts) == RootMeaning.Kubernetes);
    }

    /// <summary>The meaning of a path at the root, where the gateway has its own API too.</summary>
    private RootMeaning MeaningAtRoot(HttpRequest request, string[] parts)
    {
        switch (parts)
        {
            case ["version"] or ["livez"] or ["apis", ..] or ["openapi", "v2" or "v3", ..]:
                return RootMeaning.Kubernetes;
            case ["api"] or ["api", "v1"]:
                return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
                    ? RootMeaning.Kubernetes
                    : RootMeaning.Gateway;
            case ["api", "v1", "watch", _, ..]:
                return RootMeaning.Kubernetes;
            case ["api", "v1", ..]:
                break;
            default:
                return RootMeaning.Gateway;
        }

        if (
            KubernetesPath.Parse(parts) is not { Resource: { } resource } path
            || _clusters.Catalog.Find(resource) is not { } entry
            || entry.Name != resource
            || !entry.Versions.Any(version => version.Group.Length == 0)
        )
        {
            return RootMeaning.Gateway;
        }

        // /namespaces/NS/RESOURCE is not a path of the gateway's own API; the gateway's own objects have parts that
        // Kubernetes does not have.
        return path.Namespace is not null ? RootMeaning.Kubernetes
            : path.Subresource is not null ? RootMeaning.Gateway
            : RootAgents.Of(request);
    }

    private async Task AnswerAsync(HttpContext context, KubernetesAddress address, string[] parts)
    {
        try
        {
            var session = Choose(RequestClusters.Of(context.Request, _clusters));
            if (!await AnswerAsync(context, session, parts))
            {
                throw new StatusRefusal(NoPath(address));
            }
        }
        catch (StatusRefusal refused) when (!context.Response.HasStarted)
        {
            await refused.Status.WriteAsync(context);
        }
        catch (AccessDeniedException denied) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, denied.Message);
            var status = new StatusAnswer(403, "Forbidden", denied.Message);
            await (KubernetesPath.Parse(parts) is { Resource: not null } path ? status.About(path) : status).WriteAsync(context);
        }
        catch (AccessBacklogException backlog) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, backlog.Message);
            await new StatusAnswer(429, "TooManyRequests", backlog.Message, backlog.RetryAfterSeconds).WriteAsync(context);
        }
        catch (AccessUnavailableException unavailable) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, unavailable.Message);
            await new StatusAnswer(503, "ServiceUnavailable", unavailable.Message, 2).WriteAsync(context);
        }
        catch (QueryException refused) when (!context.Response.HasStarted)
        {
            await new StatusAnswer(refused.Status, refused.Status == 404 ? "NotFound" : "BadRequest", refused.Message).WriteAsync(context);
        }
    }

    private async Task<bool> AnswerAsync(HttpContext context, ClusterSession session, string[] parts)
    {
        var method = context.Request.Method;
        if (SelfReviews.Handles(method, parts))
        {
            await SelfReviews.AnswerAsync(context, session, parts);
            return true;
        }

        if (
            !HttpMethods.IsGet(method)
            && !HttpMethods.IsHead(method)
            && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true }
        )
        {
            throw new StatusRefusal(
                new StatusAnswer(405, "MethodNotAllowed", $"the gateway is read-only: send {method} to the API server itself")
            );
        }

        switch (parts)
        {
            case []:
                await ServerAnswers.WritePathsAsync(context);
                return true;
            case ["version"]:
                await ServerAnswers.WriteVersionAsync(context);
                return true;
            case ["healthz" or "livez" or "readyz", ..]:
                await ServerAnswers.WriteHealthAsync(context, session, parts[0] == "readyz");
                return true;
            case ["openapi", "v2"] or ["openapi", "v3", ..]:
                await _documents.WriteAsync(context, session, parts);
                return true;
        }

        if (KubernetesPath.Parse(parts) is not { } path)
        {
            return false;
        }

        ClusterReadiness.Demand(session, needsAll: path.Group == KubernetesPath.AllGroups);
        if (path.Resource is not null)
        {
            await _objects.AnswerAsync(context, path, session);
        }
        else if (!await DiscoveryAnswer.WriteAsync(context, session, path))
        {
            throw new StatusRefusal(ClusterReadiness.Missing(session));
        }

        return true;
    }

    private static StatusAnswer NoPath(KubernetesAddress address) =>
        new(404, "NotFound", $"the server could not find the requested resource: {address.Text} is not a path of the Kubernetes API");

    private ClusterSession Choose(IReadOnlyList<string>? named)
    {
        var sessions = _clusters.Sessions;
        return named is [var cluster]
                ? _clusters.Find(cluster)
                    ?? throw QueryException.NotFound(
                        "cluster",
                        "Unknown cluster",
                        $"this gateway has no cluster '{cluster}'; it has {string.Join(", ", sessions.Select(session => session.Name))}"
                    )
            : named is null && sessions.Count == 1 ? sessions[0]
            : throw new QueryException(
                "cluster",
                $"this gateway has {sessions.Count} clusters: use the address {KubernetesAddress.Prefix}CLUSTER with one of "
                    + $"{string.Join(", ", sessions.Select(session => session.Name))}"
            );
    }
}
