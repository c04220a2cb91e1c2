using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Objects;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Relations;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Endpoints.Events;

/// <summary>
/// The Kubernetes events about one object, those among them that the API server has forgotten: <c>GET
/// /api/v1/{resource}/{uid}/events?type=&amp;reason=&amp;since=</c>.
/// </summary>
/// <remarks>
/// The latest last. The parameters are those of lists and streams of events (<see cref="EventQuery"/>). A caller that
/// may not list events in the object's namespace is refused, and the missing right is named.
/// </remarks>
internal sealed class ObjectEventEndpoint(ClusterSet clusters, EventHistoryRecorder recorder, TimeProvider time)
{
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    public void Map(IEndpointRouteBuilder app) =>
        app.MapRead("/api/v1/{resource}/{uid}/events", ListAsync).WithMetadata(ObjectEventOperations.ObjectEvents);

    public async Task ListAsync(HttpContext context)
    {
        var filter = EventQuery.Parse(context.Request.Query, time.GetUtcNow());
        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        if (await ObjectFinder.FindAsync(context, clusters, either.Token) is not var (feed, o))
        {
            return;
        }

        var view = new ClusterView(clusters, context.ViewRights(), feed.Cluster, either.Token, context.RequestAborted);
        var ns = NamespaceOf(o);
        if (!await view.SeesAsync(KubernetesEvents.Resource, ns))
        {
            if (view.Missing.TryGetValue(KubernetesEvents.Resource, out var reason))
            {
                context.Response.Headers.RetryAfter = "2";
                await Problem.WriteAsync(context, 503, "Not loaded yet", $"the events of {feed.Cluster} are not available: {reason}");
                return;
            }

            throw new AccessDeniedException(
                $"you may not list events in namespace {ns} of cluster {feed.Cluster}; ask for a role with the verb list on events"
            );
        }

        var events = recorder.Memory.Of(feed.Cluster, feed.Entry.Kind, o).Where(e => filter.Matches(e.About, e.Record)).ToArray();
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WritePropertyName("items"u8);
                Write(json, events);
                json.WriteNumber("total"u8, events.Length);
                if (clusters.Find(feed.Cluster)?.Find(KubernetesEvents.Resource)?.Informer is { } informer)
                {
                    JsonAnswer.WriteFreshness(json, informer.Freshness);
                }

                json.WriteEndObject();
            }
        );
    }

    /// <summary>
    /// The namespace of the events about an object: those about a cluster-scoped object are in <c>default</c>.
    /// </summary>
    public static string NamespaceOf(RawObject o) => o.Namespace.Length == 0 ? "default" : o.Namespace;

    /// <summary>Writes an array of events.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<KeptEvent> events)
    {
        json.WriteStartArray();
        foreach (var e in events)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, e.Record.Type);
            json.WriteString("reason"u8, e.Record.Reason);
            json.WriteString("message"u8, e.Record.Message);
            json.WriteString("source"u8, e.Record.Source);
            json.WriteNumber("count"u8, e.Record.Count);
            JsonAnswer.WriteTime(json, "first", e.Record.First);
            JsonAnswer.WriteTime(json, "last", e.Record.Last);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
