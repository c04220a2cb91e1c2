using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Gateway.Streaming;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>Lists, gets and watches of the Kubernetes API, answered from memory under the caller's rights.</summary>
internal sealed partial class KubernetesObjects(
    StreamRegistry registry,
    StreamOptions options,
    WatchSockets sockets,
    TimeProvider time,
    Random random,
    ILogger<KubernetesObjects> logger,
    IHostApplicationLifetime host
)
{
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RevisionPatience = TimeSpan.FromSeconds(3);

    /// <summary>Answers a path that names a resource.</summary>
    /// <exception cref="StatusRefusal">It cannot be answered.</exception>
    public async Task AnswerAsync(HttpContext context, KubernetesPath path, ClusterSession session)
    {
        // 1. Which resource, in which form, with which options.
        var feed = session.Feeds.FirstOrDefault(feed =>
            feed.Version is { } version
            && version.Group == path.Group
            && version.Version == path.Version
            && version.Resource == path.Resource
        );
        if (feed is null)
        {
            throw new StatusRefusal(ClusterReadiness.Missing(session));
        }

        if (path.Subresource is not null || (path.Namespace is not null && !feed.Entry.Namespaced))
        {
            throw new StatusRefusal(StatusAnswer.NoSuchPath);
        }

        var form =
            RawForm.Of(context.Request)
            ?? throw new StatusRefusal(
                new StatusAnswer(
                    406,
                    "NotAcceptable",
                    "only application/json is acceptable, as the object, as=Table or as=PartialObjectMetadata(List)"
                ).About(path)
            );
        var wanted = RawOptions.Read(context.Request, path);
        var parameters = context.Request.Query;
        var fields = FieldLabels.Translate(feed.Entry, feed.Version!.Value, parameters["fieldSelector"].ToString());

        // 2. Whether it is loaded.
        var informer = await LoadedAsync(context, path, feed);

        // 3. The caller's rights.
        (context.ViewRights() as RequestRights)?.Narrow(
            wanted.IsWatch ? AccessVerb.Watch
                : path.Name is null ? AccessVerb.List
                : AccessVerb.Get,
            path.Namespace
        );
        if (path.Name is { } asked && !wanted.IsWatch)
        {
            await FeedScopes.DemandGetAsync(context, feed, path.Namespace ?? "", asked);
        }

        var query = LiveQuery.Parse(name =>
            name switch
            {
                "namespace" => [path.Namespace],
                "fieldSelector" =>
                [
                    path.Name is null ? fields
                    : fields.Length == 0 ? FieldLabels.Named(path.Name)
                    : $"{fields},{FieldLabels.Named(path.Name)}",
                ],
                "labelSelector" => parameters[name],
                _ => [],
            }
        );
        var view = new FeedView(feed, query, context.ViewRights());
        await view.PrepareAsync(context.RequestAborted);
        if (path.Name is null || wanted.IsWatch)
        {
            (context.ViewRights() as RequestRights)?.DemandAny(feed);
        }

        var writer = new RawWriter(
            feed.Entry,
            feed.Version!.Value,
            form,
            parameters["includeObject"].ToString() is { Length: > 0 } include ? include : "Metadata",
            time
        );
        if (informer.Freshness is { IsLive: false } stale)
        {
            context.Response.Headers.Append(
                "Warning",
                $"299 vigia \"{feed.Name} is stale since {JsonTime.Text(stale.Since)}: "
                    + $"{new string([.. (stale.Reason ?? "").Where(c => c is >= ' ' and < '\x7f' and not '"' and not '\\')])}\""
            );
        }

        if (wanted.IsWatch)
        {
            await WatchAsync(context, informer, view, writer, wanted);
            return;
        }

        await ReachAsync(context, feed, informer, wanted.Continue?.Revision ?? wanted.Revision);
        if (path.Name is { } name)
        {
            await GetAsync(context, path, informer, view, writer, new ObjectKey(path.Namespace ?? "", name));
        }
        else
        {
            await ListAsync(context, informer, view, writer, wanted);
        }
    }

    private async Task<SharedInformer> LoadedAsync(HttpContext context, KubernetesPath path, ResourceFeed feed)
    {
        feed.Want();
        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        await FeedLoading.SettledAsync(feed, either.Token);
        if (feed.Informer is { HasSynced: true } informer)
        {
            return informer;
        }

        var state = FeedState.Of(feed);
        throw new StatusRefusal(
            new StatusAnswer(
                503,
                "ServiceUnavailable",
                $"{feed.Name} is {state.Word}{(state.Reason is { } reason ? $": {reason}" : "")}",
                2
            ).About(path)
        );
    }

    private static async Task ListAsync(HttpContext context, SharedInformer informer, FeedView view, RawWriter writer, RawOptions wanted)
    {
        var state = StateOf(informer, view, wanted);
        var part = ListPart.Of(state.Objects.Where(view.Sees), wanted.Continue?.After, wanted.Limit);
        view.Feed.Issue(state.Revision);
        var next = part.Remaining == 0 ? null : new ContinueToken(state.Revision, part.Objects[^1].Key).ToString();

        // Like a server, which does not count the objects that a selector excludes.
        var query = context.Request.Query;
        var isCounted = next is not null && query["labelSelector"].ToString().Length == 0 && query["fieldSelector"].ToString().Length == 0;
        context.Response.ContentType = "application/json";
        await writer.WriteListAsync(context, part.Objects, state, next, isCounted ? part.Remaining : null);
    }

    /// <summary>The state that a list is of.</summary>
    /// <exception cref="StatusRefusal">410: the requested revision is no longer available.</exception>
    private static ListState StateOf(SharedInformer informer, FeedView view, RawOptions wanted)
    {
        if (wanted.Continue is { Revision.IsNone: false } token)
        {
            return ListState.At(informer, view, token.Revision)
                ?? throw new StatusRefusal(
                    StatusAnswer.Expired(
                        "The provided continue parameter is too old to display a consistent list result. "
                            + "You can start a new list without the continue parameter, "
                            + "or use the continue token in this response to retrieve the remainder of the results. "
                            + "Continuing with the provided token results in an inconsistent list - objects that were created, modified, "
                            + "or deleted between the time the first chunk was returned and now may show up in the list."
                    ) with
                    {
                        Continue = (token with { Revision = ResourceVersion.None }).ToString(),
                    }
                );
        }

        var now = ListState.Now(informer);
        return !wanted.IsExact || now.Revision == wanted.Revision
            ? now
            : throw new StatusRefusal(
                StatusAnswer.Expired(
                    $"The resourceVersion for the provided list is too old: {wanted.Revision} was requested exactly, the "
                        + $"cache is at {now.Revision}; use resourceVersionMatch=NotOlderThan, or the API server itself"
                )
            );
    }

    private static async Task GetAsync(
        HttpContext context,
        KubernetesPath path,
        SharedInformer informer,
        FeedView view,
        RawWriter writer,
        ObjectKey key
    )
    {
        if (informer.Store.Get(key) is not { } o || !view.Query.Matches(o, view.Feed.Entry))
        {
            throw new StatusRefusal(StatusAnswer.NotFound(path, key.Name));
        }

        context.Response.ContentType = "application/json";
        writer.WriteObject(context.Response.BodyWriter, o);
        await AnswerPace.FlushAsync(context);
    }

    private async Task WatchAsync(HttpContext context, SharedInformer informer, FeedView view, RawWriter writer, RawOptions wanted)
    {
        using var entry = registry.TryEnter(context, StreamTransport.Watch, out var refusal);
        if (entry is null)
        {
            throw new StatusRefusal(new StatusAnswer(429, "TooManyRequests", refusal!.Detail, StreamRefusal.RetryAfter));
        }

        await ReachAsync(context, view.Feed, informer, wanted.Revision);
        LogOpened(entry.Id, view.Feed.Name, LogText.Of(view.Query.Text), context.Connection.RemoteIpAddress?.ToString());
        try
        {
            if (WatchSockets.IsWanted(context))
            {
                await sockets.RunAsync(
                    context,
                    (output, cancellationToken) =>
                        RunAsync(informer, view, new RawWatchStream(view, writer, output, entry.Tally, time), wanted, cancellationToken)
                );
                return;
            }

            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "no-cache, no-store, no-transform";
            // A proxy that gathers an answer before it passes it on would hold back every event.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await RunAsync(
                informer,
                view,
                new RawWatchStream(view, writer, new WatchLines(context.Response.BodyWriter), entry.Tally, time),
                wanted,
                context.RequestAborted
            );
        }
        catch (Exception left) when (left is OperationCanceledException or IOException)
        {
            // The client left.
        }
        finally
        {
            LogClosed(entry.Id, view.Feed.Name, entry.Tally.Changes);
        }
    }

    private async Task RunAsync(
        SharedInformer informer,
        FeedView view,
        RawWatchStream stream,
        RawOptions wanted,
        CancellationToken cancellationToken
    )
    {
        var from = wanted.Revision;
        var (snapshot, start) = informer.Log.OpenWithSnapshot();
        var isStart = !from.IsNumber || wanted.SendsInitialEvents;
        if (
            (
                isStart ? start
                : view.GoesBackTo(from) ? informer.Log.OpenAfter(from, view.Feed.HasIssued(from))
                : null
            )
            is not { } cursor
        )
        {
            await stream.RefuseAsync(StatusAnswer.Expired($"too old resource version: {from}; list again"), cancellationToken);
            return;
        }

        using var lifetime = new CancellationTokenSource(wanted.Timeout ?? Lifetime(), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lifetime.Token, host.ApplicationStopping);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var ending = either.Token.Register(() => over.TrySetResult());
        await stream.RunAsync(
            cursor,
            isStart ? snapshot : null,
            isStart ? start.Revision : from,
            wanted.SendsInitialEvents,
            wanted.Bookmarks ? options.Heartbeat : null,
            over.Task,
            cancellationToken
        );
    }

    /// <summary>
    /// A client that has seen more elsewhere waits until this gateway has seen it too, as API servers do.
    /// </summary>
    /// <exception cref="StatusRefusal">
    /// It did not reach it within 3 s: 504, and clients try again. Or the revision belongs to a history that the server
    /// has lost: 410, and clients list again.
    /// </exception>
    private async Task ReachAsync(HttpContext context, ResourceFeed feed, SharedInformer informer, ResourceVersion wanted)
    {
        if (!wanted.IsNumber)
        {
            return;
        }

        using var patience = new CancellationTokenSource(RevisionPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        while (true)
        {
            var change = informer.Log.NextChange;
            if (!informer.Log.Revision.IsOlderThan(wanted))
            {
                return;
            }

            if (informer.Log.IsLost(wanted) && !feed.HasIssued(wanted))
            {
                throw new StatusRefusal(
                    StatusAnswer.Expired(
                        $"resource version {wanted} belongs to a history that the server has lost: {feed.Name} is at "
                            + $"{informer.Log.Revision}; list again"
                    )
                );
            }

            try
            {
                await change.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                context.RequestAborted.ThrowIfCancellationRequested();
                throw new StatusRefusal(StatusAnswer.TooLarge(wanted.ToString(), informer.Log.Revision.ToString()));
            }
        }
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5394", Justification = "Spreads reconnects.")]
    private TimeSpan Lifetime()
    {
        lock (random)
        {
            // As API servers do: half an hour to an hour.
            return TimeSpan.FromSeconds(1800 + random.Next(1800));
        }
    }

    [LoggerMessage(3030, LogLevel.Information, "Watch {Stream} of {Feed} where {Query} opened by {Client}")]
    private partial void LogOpened(long stream, string feed, string query, string? client);

    [LoggerMessage(3031, LogLevel.Information, "Watch {Stream} of {Feed} closed after {Events} events")]
    private partial void LogClosed(long stream, string feed, long events);
}
