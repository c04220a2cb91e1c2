using System.Text;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Endpoints.Presets;

/// <summary>A client's request for a preset: the same parameters over SSE and WebSocket.</summary>
/// <param name="Preset">The ready-made stream.</param>
/// <param name="Entry">The resource that it is of.</param>
/// <param name="Query">The filter.</param>
internal sealed record PresetRequest(PresetStream Preset, ResourceEntry Entry, LiveQuery Query)
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    /// <summary>Reads <c>project</c>, <c>target</c>, <c>kind</c>, <c>user</c> and <c>cluster</c>.</summary>
    /// <exception cref="QueryException">The preset does not exist, or a parameter is missing or unknown.</exception>
    public static PresetRequest Parse(ClusterSet clusters, string name, Func<string, IEnumerable<string?>> parameters)
    {
        var preset =
            clusters.Catalog.Presets.FirstOrDefault(preset => preset.Path == name)
            ?? throw QueryException.NotFound(
                "preset",
                "Unknown stream",
                $"there is no preset /events/{name}; there are "
                    + $"{string.Join(", ", clusters.Catalog.Presets.Select(known => $"/events/{known.Path}"))}"
            );
        var project = One("project").Trim();
        if (project.Length == 0)
        {
            throw QueryException.Refused(400, "Missing project", $"the parameter project is missing: /events/{name}?project=NAMESPACE");
        }

        PresetKind? kind = null;
        if (preset.Kinds.Count > 0)
        {
            var kindName = One("kind");
            if (!preset.Kinds.TryGetValue(kindName, out kind))
            {
                var kinds = string.Join(", ", preset.Kinds.Keys.Order(StringComparer.Ordinal));
                throw QueryException.Refused(
                    400,
                    "Unknown kind",
                    kindName.Length == 0
                        ? $"the parameter kind is missing; expected one of {kinds}"
                        : $"'{kindName}' is not a kind of session; expected one of {kinds}"
                );
            }
        }

        var query = QueryOf(preset, kind, LiveQuery.Of(project, null, parameters("cluster")), One("target"), One("user"));
        return new PresetRequest(preset, clusters.Catalog.Find(preset.Resource)!, query);

        string One(string parameter) => string.Join(',', parameters(parameter));
    }

    /// <summary>
    /// Waits until it is known whether it can be watched. A failing cluster is reported within the stream and does not
    /// affect the others; if all fail, the stream cannot start.
    /// </summary>
    /// <exception cref="QueryException">It cannot be started: the reason.</exception>
    public async Task SettleAsync(ClusterSet clusters, IViewRights rights, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(StartPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var feeds = clusters.Feeds(Entry, Query, rights);
        string? refusal = null;
        var usable = feeds.Count == 0;
        foreach (var feed in feeds)
        {
            await FeedLoading.SettledAsync(feed, either.Token);
            var state = FeedState.Of(feed);
            if (state.Word is "absent" or "denied" or "failing" && feed.Informer?.HasSynced != true)
            {
                refusal ??= $"{Entry.Name} of {feed.Cluster} cannot be watched: {state.Reason}";
            }
            else
            {
                usable = true;
            }
        }

        if (!usable)
        {
            throw QueryException.Refused(500, "Watch not started", refusal!);
        }
    }

    private static LiveQuery QueryOf(PresetStream preset, PresetKind? kind, LiveQuery query, string target, string user)
    {
        if (target.Length > 0 && preset.Target is { } path)
        {
            query = query.And($"target={target}", o => Read(o, path) == target);
        }

        if (kind is not null)
        {
            var selectors = kind.Selectors.Select(LabelSelector.Parse).ToArray();
            query = query.And($"kind={kind.Name}", o => Array.Exists(selectors, selector => selector.Matches(o.Labels)));
            if (user.Length > 0)
            {
                query = query.And($"user={user}", o => kind.User.Any(source => IsUser(o, source, user)));
            }
        }

        return query;
    }

    /// <summary>
    /// True if the place contains the user's name. Several places are possible: a label has a slug and an annotation
    /// the original name.
    /// </summary>
    private static bool IsUser(RawObject o, string source, string user)
    {
        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var (place, key) = colon < 0 ? (source, "") : (source[..colon], source[(colon + 1)..]);
        switch (place)
        {
            case "label":
                return o.Labels.TryGetValue(key, out var label) && label == user;
            case "annotation":
                using (var json = o.Open())
                {
                    return new JsonView(json.Span)["metadata"u8]["annotations"u8][Encoding.UTF8.GetBytes(key)].Text == user;
                }

            default:
                return place == "namespace" && o.Namespace == user;
        }
    }

    private static string? Read(RawObject o, JsonPath path)
    {
        using var json = o.Open();
        return path.ReadText(json.Span);
    }
}
