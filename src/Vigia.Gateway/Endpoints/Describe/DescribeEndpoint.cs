using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Paths;
using Vigia.Gateway.Access;
using Vigia.Gateway.Endpoints.Events;
using Vigia.Gateway.Endpoints.Objects;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Events;
using Vigia.Live.Queries;
using Vigia.Live.Relations;

namespace Vigia.Gateway.Endpoints.Describe;

/// <summary>
/// An object as one document: the fields of kubectl describe, its events (older ones too), related objects with their
/// health, the root reason, and the freshness.
/// </summary>
/// <remarks>
/// <c>GET /api/v1/{resource}/{uid}/describe</c>: text as kubectl prints it, or JSON with <c>Accept:
/// application/json</c> or <c>?output=json</c>. Parts that the caller may not see are left out, and the missing right
/// is named. Of Secrets there is only metadata.
/// </remarks>
internal sealed class DescribeEndpoint(ClusterSet clusters, EventHistoryRecorder recorder, TimeProvider time)
{
    private const int MostRelated = 1000;

    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    public void Map(IEndpointRouteBuilder app) =>
        app.MapRead("/api/v1/{resource}/{uid}/describe", DescribeAsync).WithMetadata(DescribeOperations.Describe);

    public async Task DescribeAsync(HttpContext context)
    {
        var isJson = IsJson(context.Request);
        using var patience = new CancellationTokenSource(LoadPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        if (await ObjectFinder.FindAsync(context, clusters, either.Token) is not var (feed, o))
        {
            return;
        }

        var document = await ObjectReport.MakeAsync(
            new ClusterView(clusters, context.ViewRights(), feed.Cluster, either.Token, context.RequestAborted),
            feed,
            o,
            recorder.Memory,
            MostRelated,
            context.RequestAborted
        );
        using var json = ObjectJson.Parse(o);
        var now = time.GetUtcNow();
        if (isJson)
        {
            var items = Description.Write(new(feed.Entry, o, json.RootElement, document.Around, now, TimeZoneInfo.Utc));
            await JsonAnswer.WriteAsync(context, writer => Write(writer, document, items));
            return;
        }

        var text = DescriptionText.Render(
            Description.Write(
                new(feed.Entry, o, json.RootElement, document.Around with { More = ReportText.Of(document, now) }, now, TimeZoneInfo.Utc)
            )
        );
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static bool IsJson(HttpRequest request) =>
        request.Query["output"].ToString() switch
        {
            "json" => true,
            "text" => false,
            "" => request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase),
            var other => throw new QueryException("output", $"'{other}' is neither text nor json"),
        };

    private static void Write(Utf8JsonWriter json, ObjectReport report, IReadOnlyList<DescriptionItem> items)
    {
        var o = report.Object;
        json.WriteStartObject();
        json.WriteString("cluster"u8, report.Feed.Cluster);
        json.WriteString("resource"u8, report.Feed.Entry.Name);
        json.WriteString("namespace"u8, o.Namespace);
        json.WriteString("name"u8, o.Name);
        json.WriteString("uid"u8, o.Uid);
        json.WriteString("kind"u8, report.Feed.Entry.Kind);
        WriteHealth(json, report.Health);
        JsonAnswer.WriteFreshness(json, report.Freshness);
        json.WritePropertyName("sections"u8);
        DescriptionJson.Write(json, [.. items.TakeWhile(item => item.Name != "Events")]);
        json.WritePropertyName("events"u8);
        ObjectEventEndpoint.Write(json, report.Events);
        json.WriteStartArray("related"u8);
        foreach (var related in report.Related)
        {
            json.WriteStartObject();
            json.WriteString("relation"u8, related.Relation);
            json.WriteString("resource"u8, related.Node.Entry.Name);
            json.WriteString("kind"u8, related.Node.Entry.Kind);
            json.WriteString("namespace"u8, related.Node.Object.Namespace);
            json.WriteString("name"u8, related.Node.Object.Name);
            json.WriteString("uid"u8, related.Node.Object.Uid);
            WriteHealth(json, related.Health);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("truncated"u8, report.IsTruncated);
        json.WriteStartArray("missing"u8);
        foreach (var missing in report.Missing)
        {
            json.WriteStartObject();
            json.WriteString("resource"u8, missing.Resource);
            json.WriteString(missing.IsRight ? "right"u8 : "reason"u8, missing.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter json, NodeHealth health)
    {
        json.WriteString("health"u8, health.Word);
        if (health.Reason is { } reason)
        {
            json.WriteString("reason"u8, reason);
        }
    }
}
