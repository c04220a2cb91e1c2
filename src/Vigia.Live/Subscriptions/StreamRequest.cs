using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Live.Subscriptions;

/// <summary>A client's request for a stream: the same parameters over SSE and WebSocket.</summary>
/// <param name="Resources">The resources' names.</param>
/// <param name="Query">The filter.</param>
/// <param name="Shape">How much of each object.</param>
/// <param name="Delivery">The delivery if the reader lags.</param>
/// <param name="Cursor">The resume cursor; null for a new stream.</param>
internal sealed record StreamRequest(
    IReadOnlyList<string> Resources,
    LiveQuery Query,
    ChangeShape Shape,
    StreamDelivery Delivery,
    StreamCursor? Cursor
)
{
    /// <summary>Reads the parameters of a stream of the resources named in <paramref name="names"/>.</summary>
    /// <exception cref="QueryException">A parameter is invalid, or names something that does not exist.</exception>
    public static StreamRequest Parse(
        ClusterSet clusters,
        IReadOnlyList<string> names,
        Func<string, IEnumerable<string?>> parameters,
        string? cursor
    )
    {
        if (names.Count == 0)
        {
            throw new QueryException("resources", $"name one or more, joined by commas; known resources are {clusters.Catalog.Suggest()}");
        }

        var entries = names
            .Select(name =>
                clusters.Catalog.Find(name)
                ?? throw QueryException.NotFound("resources", "Unknown resource", clusters.Catalog.Explain(name))
            )
            .ToArray();
        return Of(clusters, entries, LiveQuery.Parse(parameters), parameters, cursor);
    }

    /// <summary>The same with a query that was made elsewhere (of a preset).</summary>
    public static StreamRequest Of(
        ClusterSet clusters,
        IEnumerable<ResourceEntry> entries,
        LiveQuery query,
        Func<string, IEnumerable<string?>> parameters,
        string? cursor
    )
    {
        var shape = ShapeOf(parameters("shape").FirstOrDefault());
        var delivery = DeliveryOf(parameters("delivery").FirstOrDefault());
        var place = CursorOf(cursor);
        return new StreamRequest([.. entries.Select(entry => entry.Name).Distinct(StringComparer.Ordinal)], query, shape, delivery, place);
    }

    /// <summary>
    /// Reads the caller's rights, before anything is opened, and the position in each feed. For a cluster or resource
    /// that joins later, that happens when it does.
    /// </summary>
    public async Task<SubscriptionSet> OpenAsync(
        ClusterSet clusters,
        IViewRights rights,
        PresetStream? preset,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (!clusters.Sessions.Any(session => Query.MatchesCluster(session.Name) && rights.Covers(session.Name)))
        {
            throw clusters.UnknownCluster(rights);
        }

        var selection = new FeedSelection(clusters, Resources, Query, rights);
        selection.Refresh(out var feeds, out _);
        var views = feeds.Select(feed => new FeedView(feed, Query, rights)).ToArray();
        foreach (var view in views)
        {
            await view.PrepareAsync(cancellationToken);
        }

        var filter = StreamFilter.Of(views);
        return new SubscriptionSet(
            selection,
            views.Select(view => SourceOf(view, filter, preset, time)),
            Ended(clusters, rights)
                .Select(feed => new LiveSubscription(new FeedView(feed, Query, rights), preset, Delivery, null, ResetReason.Filter, time)),
            async (feed, whileOpen) =>
            {
                var view = new FeedView(feed, Query, rights);
                await view.PrepareAsync(whileOpen);
                return new LiveSubscription(view, preset, Delivery, null, ResetReason.Start, time);
            }
        );
    }

    /// <summary>
    /// Parts of the client's cursor that no longer exist: their cluster was removed, or their definition deleted, while
    /// the client was away.
    /// </summary>
    private IEnumerable<ResourceFeed> Ended(ClusterSet clusters, IViewRights rights) =>
        (Cursor?.Sources ?? [])
            .Select(name => new[] { name[..name.LastIndexOf('/')], name[(name.LastIndexOf('/') + 1)..] })
            .Where(name =>
                Resources.Contains(name[1])
                && Query.MatchesCluster(name[0])
                && rights.Covers(name[0])
                && clusters.Find(name[0])?.Find(name[1]) is null
            )
            .Select(name =>
                ResourceFeed.Gone(
                    name[0],
                    clusters.Catalog.Find(name[1])!,
                    clusters.Find(name[0]) is null
                        ? $"this gateway no longer has the cluster {name[0]}"
                        : $"{name[0]} no longer has the resource {name[1]}"
                )
            );

    private LiveSubscription SourceOf(FeedView view, string filter, PresetStream? preset, TimeProvider time)
    {
        if (Cursor is null)
        {
            return new LiveSubscription(view, preset, Delivery, null, ResetReason.Start, time);
        }

        if (Cursor.Filter != filter || Cursor.Find(view.Feed.Name) is not { } place || !view.GoesBackTo(place.Revision))
        {
            return new LiveSubscription(view, preset, Delivery, null, ResetReason.Filter, time);
        }

        // Without a revision it was cut off before its first snapshot was whole.
        return place.Revision.IsNone
            ? new LiveSubscription(view, preset, Delivery, null, ResetReason.Start, time)
            : new LiveSubscription(view, preset, Delivery, place, null, time);
    }

    private static ChangeShape ShapeOf(string? text) =>
        text switch
        {
            null or "" or "summary" => ChangeShape.Summary,
            "full" => ChangeShape.Full,
            "diff" => ChangeShape.Diff,
            _ => throw new QueryException("shape", $"'{text}' is not one of summary, full, diff"),
        };

    private static StreamDelivery DeliveryOf(string? text) =>
        text switch
        {
            null or "" or "latest" => StreamDelivery.Latest,
            "every" => StreamDelivery.Every,
            _ => throw new QueryException("delivery", $"'{text}' is not one of latest, every"),
        };

    private static StreamCursor? CursorOf(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : StreamCursor.TryParse(text, out var cursor, out var error) ? cursor
        : throw new QueryException("cursor", error);
}
