using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;
using Vigia.Simulator.Discovery;
using Vigia.Simulator.Faults;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Tables;

namespace Vigia.Simulator.Serving;

/// <summary>
/// Takes a request from the socket to its handler: faults, authentication, routing, authorization, response. Refusals
/// become Status objects.
/// </summary>
internal sealed partial class ApiServer
{
    private readonly ObjectStore _store;
    private readonly SimulatorOptions _options;
    private readonly FaultInjector _faults;
    private readonly AccessRules _access;
    private readonly ILogger _logger;
    private readonly ListHandler _lists;
    private readonly WatchHandler _watches;
    private readonly WriteHandler _writes;
    private readonly DeleteHandler _deletes;
    private readonly SubresourceHandler _subresources;
    private readonly ReviewHandler _reviews;
    private readonly DiscoveryHandler _discovery;
    private readonly FaultEndpoint _faultEndpoint;
    private readonly TableMaker _tables;

    public ApiServer(ObjectStore store, SimulatorOptions options, FaultInjector faults, AccessRules access, ILogger logger)
    {
        (_store, _options, _faults, _access, _logger) = (store, options, faults, access, logger);
        _tables = new TableMaker(options.Time);
        _lists = new ListHandler(store, options, faults, _tables);
        _watches = new WatchHandler(store, options, faults, _tables);
        _writes = new WriteHandler(store, options.Time, _tables);
        _deletes = new DeleteHandler(store, _tables);
        _subresources = new SubresourceHandler(store, _writes, _tables, options.Time);
        _reviews = new ReviewHandler(access);
        _discovery = new DiscoveryHandler(store, options);
        _faultEndpoint = new FaultEndpoint(faults, store);
    }

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            _options.OnRequest?.Invoke(http.Request.Method, http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            await RouteAsync(http);
        }
        catch (StatusException e) when (!http.Response.HasStarted)
        {
            await Answers.StatusAsync(http, e);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has left, or the server stops: there is no client left to inform.
        }
        catch (ConnectionAbortedException)
        {
            // The same, seen by a write.
        }
        catch (Exception e)
        {
            Log.Failed(_logger, http.Request.Method, http.Request.Path, e);
            if (!http.Response.HasStarted)
            {
                await Answers.StatusAsync(http, new StatusException(500, "InternalError", $"Internal error occurred: {e.Message}"));
            }
            else
            {
                http.Abort();
            }
        }
    }

    /// <summary>
    /// Serves a request without a socket: as a user with all rights, and without faults. Refusals are thrown.
    /// </summary>
    /// <exception cref="StatusException">The server says no.</exception>
    public async Task ServeInsideAsync(HttpContext http)
    {
        var parsed = RequestPath.Parse(http.Request.Path.Value ?? "/") ?? throw StatusException.NoSuchPath();
        var type = _store.Find(parsed.Gvr);
        var alias = type is null ? FindAlias(parsed.Gvr) : null;
        await HandleResourceAsync(
            new ApiRequest(
                http,
                SimulatedUser.Admin,
                parsed,
                type ?? alias?.Stored ?? throw StatusException.NoSuchPath(),
                Verb(http, parsed),
                alias
            )
        );
    }

    private Alias? FindAlias(GroupVersionResource gvr) =>
        Alias.Find(gvr) ?? (_store.FindVersion(gvr) is { } version ? Alias.Of(version) : null);

    private async Task RouteAsync(HttpContext http)
    {
        var raw = http.Request.Path.Value ?? "/";
        if (raw.StartsWith("/simulator/", StringComparison.Ordinal))
        {
            await _faultEndpoint.HandleAsync(http, raw);
            return;
        }

        var path = RequestPath.Parse(raw);
        var type = path is { } p ? _store.Find(p.Gvr) : null;
        var alias = type is null && path is { } other ? FindAlias(other.Gvr) : null;
        type ??= alias?.Stored;
        var verb = Verb(http, path);
        var struck = await StrikeAsync(http, verb, path);

        var user = _access.Authenticate(http.Request.Headers.Authorization.ToString());
        if (path is not { } parsed)
        {
            AccessRules.Demand(user, new AccessAttributes(http.Request.Method.ToLowerInvariant(), "", "", null, null, null, raw), null);
            await _discovery.HandleAsync(http, raw);
            return;
        }

        AccessRules.Demand(
            user,
            new AccessAttributes(verb, parsed.Gvr.Group, parsed.Gvr.Resource, parsed.Subresource, parsed.Namespace, parsed.Name, null),
            type
        );
        if (ReviewHandler.Handles(parsed))
        {
            await _reviews.HandleAsync(http, parsed, user);
            return;
        }

        if (type is null || (type.Namespaced == false && parsed.Namespace is not null && type.Gvr != BuiltInTypes.Namespaces.Gvr))
        {
            throw StatusException.NoSuchPath();
        }

        var request = new ApiRequest(http, user, parsed, type, verb, alias)
        {
            Replica = struck.Replica,
            RefusesRevisions = struck.TooLarge,
            SpeaksProtobuf = _options.Protobuf,
        };
        await HandleResourceAsync(request);
    }

    private async Task HandleResourceAsync(ApiRequest request)
    {
        if (request.Path.Subresource is not null && !(request.Path.Subresource == "status" && request.Served.HasStatus))
        {
            await _subresources.HandleAsync(request);
            return;
        }

        if (!request.Type.Verbs.Contains(request.Verb))
        {
            throw StatusException.NotAllowed();
        }

        switch (request.Verb)
        {
            case "list":
                await _lists.HandleAsync(request);
                break;
            case "watch":
                await _watches.HandleAsync(request);
                break;
            case "get":
                await ObjectAnswer.WriteAsync(
                    request,
                    Get(request) ?? throw StatusException.NotFound(request.Type, request.Path.Name!),
                    _tables
                );
                break;
            case "create" when request.Path.Name is null:
                await _writes.CreateAsync(request);
                break;
            case "update":
                await _writes.UpdateAsync(request);
                break;
            case "patch":
                await _writes.PatchAsync(request);
                break;
            case "delete":
                await _deletes.DeleteAsync(request);
                break;
            case "deletecollection":
                await _deletes.DeleteCollectionAsync(request);
                break;
            default:
                throw StatusException.NotAllowed();
        }
    }

    /// <summary>
    /// A get without a revision is a consistent read; with one, any server that has seen it may answer.
    /// </summary>
    private StoredObject? Get(ApiRequest request)
    {
        if (request.Replica?.Lag is not { } lag || ListOptions.ReadRevision(request.Query("resourceVersion")) is not { } asked)
        {
            return _store.Get(request.Type.Gvr, request.Key);
        }

        var snapshot = _store.SnapshotBehind(request.Type.Gvr, lag);
        return asked > snapshot.Revision
            ? throw TooLarge.Of(request.Replica.TooLarge, asked, snapshot.Revision)
            : snapshot.Find(request.Key);
    }

    private async Task<(Replica? Replica, TooLargeForm? TooLarge)> StrikeAsync(HttpContext http, string verb, RequestPath? path)
    {
        var (resource, ns) = (path?.Gvr.Resource, path?.Namespace);
        Replica? replica = null;
        TooLargeForm? tooLarge = null;
        await _faults.WhileHangingAsync(verb, resource, ns, http.RequestAborted);
        foreach (var struck in _faults.Strike(verb, resource, ns, http.Features.Get<IConnectionItemsFeature>()?.Items))
        {
            var fault = struck.Fault;
            switch (fault.Kind)
            {
                case FaultKind.Latency:
                    await Task.Delay(struck.Latency, _options.Time, http.RequestAborted);
                    break;
                case FaultKind.Stale:
                    replica = new Replica(struck.Standing);
                    break;
                case FaultKind.TooLarge:
                    tooLarge = fault.TooLarge;
                    break;
                case FaultKind.Freeze:
                    Freeze(http);
                    break; // answered into the void
                case FaultKind.Cut:
                    http.Abort();
                    throw new ConnectionAbortedException("cut by a fault");
                case FaultKind.Error:
                    throw Error(fault);
            }
        }

        return (replica, tooLarge);
    }

    /// <summary>Shuts the valve of the connection that a request came by.</summary>
    internal static void Freeze(HttpContext http) => Transport(http).Freeze();

    /// <summary>Ends the connection of a request, after the flushed bytes and without sending more.</summary>
    internal static void End(HttpContext http) => Transport(http).End();

    /// <summary>The connection that a request came by.</summary>
    internal static FreezableTransport Transport(HttpContext http) =>
        (FreezableTransport)http.Features.GetRequiredFeature<IConnectionItemsFeature>().Items[typeof(FreezableTransport)]!;

    /// <summary>The error of a fault, in the words of the real server.</summary>
    internal static StatusException Error(Fault fault) =>
        fault.Code switch
        {
            429 => new StatusException(429, "TooManyRequests", "Too many requests, please try again later.")
            {
                RetryAfterSeconds = fault.RetryAfter ?? 1,
            },
            410 => StatusException.Expired("The resourceVersion for the provided request is too old."),
            401 => new StatusException(401, "Unauthorized", "Unauthorized"),
            403 => new StatusException(403, "Forbidden", "forbidden by a fault"),
            503 => new StatusException(503, "ServiceUnavailable", "apiserver is shutting down") { RetryAfterSeconds = fault.RetryAfter },
            504 => new StatusException(504, "Timeout", "request did not complete within requested timeout")
            {
                RetryAfterSeconds = fault.RetryAfter,
            },
            var code => new StatusException(
                code,
                code >= 500 ? "InternalError" : "BadRequest",
                "Internal error occurred: a fault of the simulator"
            )
            {
                RetryAfterSeconds = fault.RetryAfter,
            },
        };

    private static string Verb(HttpContext http, RequestPath? path)
    {
        var watch = path?.IsWatch == true || http.Request.Query["watch"].ToString() is "true" or "1" or "True";
        return http.Request.Method switch
        {
            "GET" or "HEAD" when watch && path?.Subresource is null => "watch",
            "GET" or "HEAD" => path is { Name: null } ? "list" : "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => path is { Name: null } ? "deletecollection" : "delete",
            var other => other.ToLowerInvariant(),
        };
    }

    private static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Error, "{Method} {Path} failed: internal error of the simulator")]
        public static partial void Failed(ILogger logger, string method, string path, Exception e);
    }
}
