using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Objects;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;
using Vigia.Live.Relations;

namespace Vigia.Gateway.Endpoints.Relations;

/// <summary>
/// Related objects: owners, dependents, and objects connected by a selector or a name, in both directions, each with
/// its health.
/// </summary>
/// <remarks>
/// Every node is an object that the caller may list; others are left out, and nothing is found through them.
/// </remarks>
internal sealed class RelationEndpoints(ClusterSet clusters, TimeProvider time)
{
    internal const int DefaultDepth = 2;
    internal const int MostDepth = 3;
    internal const int DefaultNodes = 200;
    internal const int MostNodes = 1000;

    // For all resources that have to be loaded first, together.
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    public void Map(IEndpointRouteBuilder app) =>
        app.MapRead("/api/v1/{resource}/{uid}/related", RelatedAsync).WithMetadata(RelationOperations.Related);

    /// <summary><c>GET /api/v1/{resource}/{uid}/related?depth=1..3&amp;limit=1..1000</c>.</summary>
    public async Task RelatedAsync(HttpContext context)
    {
        var depth = Number(context, "depth", DefaultDepth, MostDepth);
        var most = Number(context, "limit", DefaultNodes, MostNodes);
        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        if (await ObjectFinder.FindAsync(context, clusters, either.Token) is not var (feed, root))
        {
            return;
        }

        var view = new ClusterView(clusters, context.ViewRights(), feed.Cluster, either.Token, context.RequestAborted);
        var graph = new RelationGraph(view, most);
        await graph.WalkAsync(new(feed.Entry, root), depth, context.RequestAborted);
        var health = new HealthRollUp(view);
        var healths = new Dictionary<string, NodeHealth>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            healths[node.Id] = await health.OfAsync(node);
        }

        await JsonAnswer.WriteAsync(context, json => Write(json, view, graph, healths, depth));
    }

    private static void Write(Utf8JsonWriter json, ClusterView view, RelationGraph graph, Dictionary<string, NodeHealth> healths, int depth)
    {
        json.WriteStartObject();
        json.WriteString("cluster"u8, view.Cluster);
        json.WriteString("root"u8, graph.Nodes[0].Id);
        json.WriteNumber("depth"u8, depth);
        json.WriteBoolean("truncated"u8, graph.IsTruncated);
        json.WriteStartArray("nodes"u8);
        foreach (var node in graph.Nodes)
        {
            Write(json, view.Cluster, node, healths[node.Id]);
        }

        json.WriteEndArray();
        json.WriteStartArray("edges"u8);
        foreach (var edge in graph.Edges)
        {
            json.WriteStartObject();
            json.WriteString("from"u8, edge.From);
            json.WriteString("to"u8, edge.To);
            json.WriteString("kind"u8, edge.Kind);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("missing"u8);
        foreach (var (resource, reason) in view.Missing)
        {
            json.WriteStartObject();
            json.WriteString("resource"u8, resource);
            json.WriteString("reason"u8, reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string cluster, GraphNode node, NodeHealth health)
    {
        var o = node.Object;
        json.WriteStartObject();
        json.WriteString("id"u8, node.Id);
        json.WriteString("cluster"u8, cluster);
        json.WriteString("resource"u8, node.Entry.Name);
        json.WriteString("namespace"u8, o.Namespace);
        json.WriteString("name"u8, o.Name);
        json.WriteString("uid"u8, o.Uid);
        json.WriteString("kind"u8, node.Entry.Kind);
        json.WriteString("health"u8, health.Word);
        if (health.Reason is { } reason)
        {
            json.WriteString("reason"u8, reason);
        }

        json.WritePropertyName("row"u8);
        node.Entry.RowOf(o).WriteJson(json);
        json.WriteEndObject();
    }

    private static int Number(HttpContext context, string name, int absent, int most)
    {
        var text = context.Request.Query[name].ToString();
        return text.Length == 0 ? absent
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
            : throw new QueryException(name, $"'{text}' is not a number from 1 to {most}");
    }
}
