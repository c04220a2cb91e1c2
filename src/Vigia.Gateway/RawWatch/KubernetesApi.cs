using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Limits;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Rest;
using Vigia.Gateway.Streams;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.RawWatch;

/// <summary>The gateway as an API server, for reading: what kubectl and client libraries ask is answered from memory, under the caller's rights.</summary>
/// <remarks>
/// At <c>/kubernetes/CLUSTER/…</c> always; at the root (<c>/apis/…</c>, <c>/api/v1/namespaces/NS/…</c>) for the only cluster or the one in <c>cluster=</c>. <c>/api/v1/RESOURCE</c> is an address of the gateway's own as well: there a
/// Kubernetes client is told by <c>watch=true</c>, the table it asks for, its revision, or its name (<c>User-Agent</c>).
/// </remarks>
internal sealed partial class KubernetesApi(ClusterSet clusters, StreamRegistry registry, StreamOptions options, TimeProvider time, Random random, ILogger logger, CancellationToken stopping)
{
    private const string Prefix = "/kubernetes/";
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RevisionPatience = TimeSpan.FromSeconds(3);
    private static readonly string[] Telling = ["watch", "resourceVersion", "resourceVersionMatch", "allowWatchBookmarks", "timeoutSeconds", "continue"];

    /// <summary>Middleware: answers what is asked of the Kubernetes API, and passes on the rest.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value ?? "";
        string? cluster = null;
        if (path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            var slash = path.IndexOf('/', Prefix.Length);
            cluster = slash < 0 ? path[Prefix.Length..] : path[Prefix.Length..slash];
            path = slash < 0 ? "/" : path[slash..];
        }

        if (path == "/version" && HttpMethods.IsGet(context.Request.Method))
        {
            return WriteVersionAsync(context);
        }

        if (KubernetesPath.Parse(path) is { } parsed && (cluster is not null || IsMeant(context.Request, parsed)))
        {
            return AnswerAsync(context, parsed, cluster ?? context.Request.Query["cluster"].ToString());
        }

        return cluster is null ? next(context) : StatusAnswer.NotFound($"{path} is no path of the Kubernetes API").WriteAsync(context);
    }

    /// <summary>Whether a path at the root is meant as the Kubernetes API has it.</summary>
    private bool IsMeant(HttpRequest request, KubernetesPath path)
    {
        if (request.Path.StartsWithSegments("/apis", StringComparison.Ordinal))
        {
            return true;
        }

        if (path.Version is not (null or "v1"))
        {
            return false;
        }

        if (path.Resource is null)
        {
            return HttpMethods.IsGet(request.Method);
        }

        if (clusters.Catalog.Find(path.Resource) is not { } entry || entry.Name != path.Resource || !entry.Versions.Any(version => version.Group.Length == 0))
        {
            return false;
        }

        var agent = request.Headers.UserAgent.ToString();
        return path.Namespace is not null
               || path.Subresource is null && (Array.Exists(Telling, name => request.Query.ContainsKey(name))
                                               || agent.StartsWith("kubectl", StringComparison.Ordinal)
                                               || agent.Contains("kubernetes/", StringComparison.Ordinal)
                                               || request.Headers.Accept.ToString().Contains("g=meta.k8s.io", StringComparison.Ordinal));
    }

    private async Task AnswerAsync(HttpContext context, KubernetesPath path, string cluster)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            await new StatusAnswer(405, "MethodNotAllowed", $"the gateway only reads: {context.Request.Method} is for the API server itself").WriteAsync(context);
            return;
        }

        try
        {
            var session = Choose(cluster);
            if (path.Resource is null)
            {
                if (!await DiscoveryAnswer.WriteAsync(context, session, path))
                {
                    await StatusAnswer.NotFound("the server could not find the requested resource").WriteAsync(context);
                }

                return;
            }

            await AnswerAsync(context, path, session);
        }
        catch (AccessDeniedException denied) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, denied.Message);
            await new StatusAnswer(403, "Forbidden", denied.Message).WriteAsync(context);
        }
        catch (AccessUnavailableException unavailable) when (!context.Response.HasStarted)
        {
            AccessOutcome.Refused(context, unavailable.Message);
            await new StatusAnswer(503, "ServiceUnavailable", unavailable.Message, 2).WriteAsync(context);
        }
        catch (QueryException refused)
        {
            await new StatusAnswer(refused.Status, refused.Status == 404 ? "NotFound" : "BadRequest", refused.Message).WriteAsync(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, KubernetesPath path, ClusterSession session)
    {
        // 1. Which resource, in which form.
        var feed = session.Feeds.FirstOrDefault(feed => feed.Version is { } version && version.Group == path.Group && version.Version == path.Version && version.Resource == path.Resource);
        if (feed is null || path.Subresource is not null || (path.Namespace is not null && !feed.Entry.Namespaced))
        {
            await StatusAnswer.NotFound("the server could not find the requested resource").WriteAsync(context);
            return;
        }

        if (RawForms.Of(context.Request) is not { } form)
        {
            await new StatusAnswer(406, "NotAcceptable", "only application/json is acceptable, as the object, as=Table or as=PartialObjectMetadata(List)").WriteAsync(context);
            return;
        }

        // 2. Whether it is loaded.
        feed.Want();
        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        await FeedLoading.SettledAsync(feed, either.Token);
        if (feed.Informer is not { HasSynced: true } informer)
        {
            var state = FeedState.Of(feed);
            await new StatusAnswer(503, "ServiceUnavailable", $"{feed.Name} is {state.Word}{(state.Reason is { } reason ? $": {reason}" : "")}", 2).WriteAsync(context);
            return;
        }

        // 3. Who asks, and what of it.
        var isWatch = IsTrue(context.Request.Query["watch"].ToString());
        (ViewRights.Of(context) as RequestRights)?.Narrow(isWatch ? AccessVerb.Watch : path.Name is null ? AccessVerb.List : AccessVerb.Get, path.Namespace);
        if (path.Name is { } asked && !isWatch)
        {
            await FeedScopes.DemandGetAsync(context, feed, path.Namespace ?? "", asked);
        }

        var parameters = context.Request.Query;
        var query = LiveQuery.Parse(name => name switch
        {
            "namespace" => [path.Namespace],
            "fieldSelector" when path.Name is not null => [Join(parameters["fieldSelector"].ToString(), $"metadata.name={path.Name}")],
            "labelSelector" or "fieldSelector" or "search" => parameters[name],
            _ => [],
        });
        var view = new FeedView(feed, query, ViewRights.Of(context));
        await view.PrepareAsync(context.RequestAborted);
        var writer = new RawWriter(feed.Entry, feed.Version!.Value, form, parameters["includeObject"].ToString() is { Length: > 0 } include ? include : "Metadata", time);
        if (informer.Freshness is { IsLive: false } stale)
        {
            context.Response.Headers.Append("Warning", $"299 vigia \"{feed.Name} is stale since {JsonAnswer.Time(stale.Since)}: {new string([.. (stale.Reason ?? "").Where(c => c is >= ' ' and < '\x7f' and not '"' and not '\\')])}\"");
        }

        if (isWatch)
        {
            await WatchAsync(context, feed, informer, view, writer);
        }
        else if (path.Name is { } name)
        {
            await GetAsync(context, feed, informer, view, writer, new ObjectKey(path.Namespace ?? "", name));
        }
        else
        {
            await ListAsync(context, feed, informer, view, writer);
        }
    }

    private async Task ListAsync(HttpContext context, ResourceFeed feed, SharedInformer informer, FeedView view, RawWriter writer)
    {
        if (!await HasReachedAsync(context, feed, informer))
        {
            return;
        }

        var (snapshot, cursor) = informer.Log.OpenWithSnapshot();
        var found = snapshot.Where(view.Sees).ToList();
        found.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        feed.Issue(cursor.Revision);
        context.Response.ContentType = "application/json";
        await writer.WriteListAsync(context, found, cursor.Revision.ToString());
    }

    private static async Task GetAsync(HttpContext context, ResourceFeed feed, SharedInformer informer, FeedView view, RawWriter writer, ObjectKey key)
    {
        if (informer.Store.Get(key) is not { } o || !view.Query.Matches(o, feed.Entry))
        {
            await StatusAnswer.NotFound($"{feed.Entry.Name} \"{key.Name}\" not found").WriteAsync(context);
            return;
        }

        context.Response.ContentType = "application/json";
        writer.WriteObject(context.Response.BodyWriter, o);
        await AnswerPace.FlushAsync(context);
    }

    private async Task WatchAsync(HttpContext context, ResourceFeed feed, SharedInformer informer, FeedView view, RawWriter writer)
    {
        using var entry = registry.TryEnter(context, StreamTransport.Watch, out var refusal);
        if (entry is null)
        {
            await new StatusAnswer(429, "TooManyRequests", refusal!.Detail, StreamRefusal.RetryAfter).WriteAsync(context);
            return;
        }

        if (!await HasReachedAsync(context, feed, informer))
        {
            return;
        }

        var parameters = context.Request.Query;
        var from = ResourceVersion.Parse(parameters["resourceVersion"].ToString());
        var sendsInitial = IsTrue(parameters["sendInitialEvents"].ToString());
        var (snapshot, start) = informer.Log.OpenWithSnapshot();
        var isStart = from.IsNone || from.ToString() == "0" || sendsInitial;
        var cursor = isStart ? start : informer.Log.OpenAfter(from, feed.HasIssued(from));
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
        var stream = new RawWatchStream(view, writer, context.Response.BodyWriter, entry.Tally, time);
        LogOpened(entry.Id, feed.Name, LogText.Of(view.Query.Text), context.Connection.RemoteIpAddress?.ToString());
        try
        {
            if (cursor is null)
            {
                await stream.RefuseAsync(StatusAnswer.Expired($"too old resource version: {from}; list again"), context.RequestAborted);
                return;
            }

            using var lifetime = new CancellationTokenSource(LifetimeOf(parameters["timeoutSeconds"].ToString()), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lifetime.Token, stopping);
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var ending = either.Token.Register(() => over.TrySetResult());
            await stream.RunAsync(cursor, isStart ? snapshot : null, isStart ? start.Revision : from, sendsInitial, IsTrue(parameters["allowWatchBookmarks"].ToString()) ? options.Heartbeat : null, over.Task, context.RequestAborted);
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            // The client left.
        }
        finally
        {
            LogClosed(entry.Id, feed.Name, entry.Tally.Changes);
        }
    }

    /// <summary>A client that has seen more elsewhere waits until this gateway has seen it too, as API servers do.</summary>
    private async Task<bool> HasReachedAsync(HttpContext context, ResourceFeed feed, SharedInformer informer)
    {
        var wanted = ResourceVersion.Parse(context.Request.Query["resourceVersion"].ToString());
        if (!wanted.IsNumber)
        {
            return true;
        }

        using var patience = new CancellationTokenSource(RevisionPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        while (true)
        {
            var change = informer.Log.NextChange;
            if (!informer.Log.Revision.IsOlderThan(wanted))
            {
                return true;
            }

            try
            {
                await change.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                context.RequestAborted.ThrowIfCancellationRequested();
                await new StatusAnswer(504, "Timeout", $"Too large resource version: {wanted}, current: {informer.Log.Revision} ({feed.Name})", 1).WriteAsync(context);
                return false;
            }
        }
    }

    private ClusterSession Choose(string cluster)
    {
        var sessions = clusters.Sessions;
        return cluster.Length > 0
            ? clusters.Find(cluster) ?? throw QueryException.NotFound("cluster", "Unknown cluster", $"this gateway has no cluster '{cluster}'; it has {string.Join(", ", sessions.Select(session => session.Name))}")
            : sessions.Count == 1 ? sessions[0]
            : throw new QueryException("cluster", $"this gateway has {sessions.Count} clusters: use the address {Prefix}CLUSTER with one of {string.Join(", ", sessions.Select(session => session.Name))}");
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Spreads reconnects.")]
    private TimeSpan LifetimeOf(string text)
    {
        if (text.Length > 0)
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 86_400 ? TimeSpan.FromSeconds(Math.Max(1, seconds)) : throw new QueryException("timeoutSeconds", $"'{text}' is not a number of seconds up to a day");
        }

        lock (random)
        {
            // As API servers do: half an hour to an hour.
            return TimeSpan.FromSeconds(1800 + random.Next(1800));
        }
    }

    private static string Join(string left, string right) => left.Length == 0 ? right : $"{left},{right}";

    private static bool IsTrue(string text) => text is "true" or "1" or "True" or "TRUE";

    private static async Task WriteVersionAsync(HttpContext context)
        => await JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("major"u8, "1"u8);
            json.WriteString("minor"u8, "32"u8);
            json.WriteString("gitVersion"u8, "v1.32.0+vigia"u8);
            json.WriteString("platform"u8, "vigia/gateway"u8);
            json.WriteEndObject();
        });

    [LoggerMessage(3030, LogLevel.Information, "watch {Stream} of {Feed} where {Query} opened by {Client}")]
    private partial void LogOpened(long stream, string feed, string query, string? client);

    [LoggerMessage(3031, LogLevel.Information, "watch {Stream} of {Feed} closed after {Events} events")]
    private partial void LogClosed(long stream, string feed, long events);
}
