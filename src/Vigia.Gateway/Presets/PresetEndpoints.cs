using System.Text;
using Microsoft.AspNetCore.Http;
using Vigia.Catalog;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Clusters;
using Vigia.Gateway.Queries;
using Vigia.Gateway.Rest;
using Vigia.Gateway.Streams;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Selectors;

namespace Vigia.Gateway.Presets;

/// <summary>The ready-made streams of the catalog: <c>/events/clusters</c>, <c>/events/autoscalers</c>, <c>/events/ide</c>.</summary>
/// <remarks>A project is a namespace. An update that changes nothing of interest (no cell of the row) is not sent. What cannot be started is told before anything is opened: 400, 404 or 500 with a problem document.</remarks>
internal sealed class PresetEndpoints(ClusterSet clusters, StreamEndpoints streams, TimeProvider time)
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    /// <summary><c>GET /events/{preset}?project=&amp;target=&amp;kind=&amp;user=</c>.</summary>
    public async Task StreamAsync(HttpContext context, string name)
    {
        var preset = clusters.Catalog.Presets.FirstOrDefault(preset => preset.Path == name);
        if (preset is null)
        {
            await Problem.WriteAsync(context, 404, "Unknown stream", $"there is no stream /events/{name}; there are {string.Join(", ", clusters.Catalog.Presets.Select(known => $"/events/{known.Path}"))}");
            return;
        }

        // 1. What was asked, refused before anything is opened.
        var parameters = context.Request.Query;
        var project = parameters["project"].ToString().Trim();
        if (project.Length == 0)
        {
            await Problem.WriteAsync(context, 400, "Missing project", $"the parameter project is missing: /events/{name}?project=NAMESPACE");
            return;
        }

        PresetKind? kind = null;
        if (preset.Kinds.Count > 0)
        {
            var kindName = parameters["kind"].ToString();
            if (!preset.Kinds.TryGetValue(kindName, out kind))
            {
                var kinds = string.Join(", ", preset.Kinds.Keys.Order(StringComparer.Ordinal));
                await Problem.WriteAsync(context, 400, "Unknown kind", kindName.Length == 0 ? $"the parameter kind is missing; it is one of {kinds}" : $"'{kindName}' is no kind of session; kinds are {kinds}");
                return;
            }
        }

        // 2. Whether it can be started.
        var entry = clusters.Catalog.Find(preset.Resource)!;
        var query = QueryOf(preset, kind, LiveQuery.Of(project, null, parameters["cluster"]), parameters["target"].ToString(), parameters["user"].ToString());
        using var patience = new CancellationTokenSource(StartPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        // One cluster that cannot be watched is told within the stream and hurts no other; where none can, there is nothing to start.
        var feeds = clusters.Feeds(entry, query);
        string? refusal = null;
        var usable = feeds.Count == 0;
        foreach (var feed in feeds)
        {
            await FeedLoading.SettledAsync(feed, either.Token);
            var state = FeedState.Of(feed);
            if (state.Word is "absent" or "denied" or "failing" && feed.Informer?.HasSynced != true)
            {
                refusal ??= $"{entry.Name} of {feed.Cluster} cannot be watched: {state.Reason}";
            }
            else
            {
                usable = true;
            }
        }

        if (!usable)
        {
            await Problem.WriteAsync(context, 500, "The watch cannot be started", refusal!);
            return;
        }

        await streams.OpenAsync(context, [entry], query, preset);
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

    /// <summary>True where the place holds the user. Several places may: a label holds a slug where an annotation holds the name as it is.</summary>
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
