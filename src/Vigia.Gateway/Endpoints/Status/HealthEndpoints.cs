using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Health;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>
/// <c>GET /api/v1/health</c>: healthy, degraded or unhealthy, and for every cluster and resource the problem, since
/// when, and the next step.
/// </summary>
internal sealed class HealthEndpoints(
    HealthMonitor monitor,
    ClusterSet clusters,
    StatusEndpoints status,
    HealthOptions options,
    TimeProvider time
)
{
    public void Map(IEndpointRouteBuilder app) => app.MapRead("/api/v1/health", HealthAsync).WithMetadata(StatusOperations.Health);

    private async Task HealthAsync(HttpContext context)
    {
        var scopes = await FeedScopes.OfAsync(
            context,
            status
                .Asked(context)
                .SelectMany(session => session.Feeds)
                .Where(feed => feed.Informer is not null && (feed.Informer is { Status.Freshness.IsLive: false } || feed.Entry.Tier <= 2)),
            onlyWhole: true
        );
        var seen = scopes.Of(status.Asked(context)).ToDictionary(session => session.Name, StringComparer.Ordinal);
        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                var all = monitor.Look().Where(cluster => seen.ContainsKey(cluster.Cluster)).ToArray();
                var bad = all.SelectMany(cluster => cluster.Resources)
                    .Where(resource => !resource.IsLive && resource.State is not ("syncing" or "waiting"))
                    .ToArray();
                string[] problems = [.. clusters.Problems, .. clusters.Conflicts];
                json.WriteStartObject();
                json.WriteString(
                    "status"u8,
                    !status.IsReady ? "unhealthy"
                        : bad.Length > 0 || problems.Length > 0 || all.Any(cluster => cluster.Status is "failing") ? "degraded"
                        : "healthy"
                );
                json.WriteString("at"u8, JsonTime.Text(time.GetUtcNow()));
                json.WriteNumber("resources"u8, all.Sum(cluster => cluster.Resources.Count));
                json.WriteStartObject("monitor"u8);
                json.WriteNumber("intervalSeconds"u8, options.Interval.TotalSeconds);
                json.WriteNumber("checks"u8, monitor.Checks);
                JsonAnswer.WriteTime(json, "nextCheck", monitor.NextCheck);
                json.WriteEndObject();
                json.WriteStartArray("configuration"u8);
                foreach (var problem in problems)
                {
                    json.WriteStringValue(
                        seen.Count == clusters.Sessions.Count && seen.Values.All(scopes.MayKnowWhy) ? problem : StatusEndpoints.Untold
                    );
                }

                json.WriteEndArray();
                json.WriteStartArray("problems"u8);
                foreach (var resource in bad)
                {
                    json.WriteStartObject();
                    StatusEndpoints.WriteState(json, resource.Feed, scopes);
                    json.WriteString("circuit"u8, Word(resource.Circuit));
                    json.WriteNumber("failures"u8, resource.Failures);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteStartArray("clusters"u8);
                foreach (var cluster in all)
                {
                    WriteCluster(json, cluster, scopes, scopes.MayKnowWhy(seen[cluster.Cluster]));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );
    }

    private static void WriteCluster(Utf8JsonWriter json, ClusterHealth cluster, FeedScopes scopes, bool tellsWhy)
    {
        json.WriteStartObject();
        json.WriteString("cluster"u8, cluster.Cluster);
        json.WriteString("status"u8, cluster.Status);
        json.WriteString("since"u8, JsonTime.Text(cluster.Since));
        if (cluster.Reason is { } reason)
        {
            json.WriteString("reason"u8, tellsWhy ? reason : StatusEndpoints.Untold);
        }

        json.WriteString("circuit"u8, Word(cluster.Circuit));
        json.WriteNumber("failedProbes"u8, cluster.Failures);
        json.WriteNumber("recoveries"u8, cluster.Recoveries);
        JsonAnswer.WriteTime(json, "lastProbe", cluster.LastProbe);
        JsonAnswer.WriteTime(json, "nextProbe", cluster.NextProbe);
        json.WriteStartArray("resources"u8);
        foreach (var resource in cluster.Resources)
        {
            json.WriteStartObject();
            json.WriteString("resource"u8, resource.Feed.Entry.Name);
            json.WriteString("state"u8, resource.State);
            json.WriteBoolean("live"u8, resource.IsLive);
            json.WriteString("circuit"u8, Word(resource.Circuit));
            json.WriteNumber("failures"u8, resource.Failures);
            json.WriteNumber("retries"u8, resource.Feed.Informer?.Status.Retries ?? 0);
            if (resource.Age is { } age)
            {
                json.WriteNumber("lastSignalSeconds"u8, Math.Round(age.TotalSeconds, 1));
            }

            if (resource.IsSilent)
            {
                json.WriteBoolean("silent"u8, true);
            }

            if (resource.Reason is { } why)
            {
                json.WriteString("reason"u8, scopes.SeesAll(resource.Feed) ? why : StatusEndpoints.Untold);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Word(CircuitState state) =>
        state switch
        {
            CircuitState.Closed => "closed",
            CircuitState.Open => "open",
            _ => "half-open",
        };
}
