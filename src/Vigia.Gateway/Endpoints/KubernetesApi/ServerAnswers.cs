using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>An API server's information about itself: its version and its health.</summary>
internal static class ServerAnswers
{
    /// <summary><c>/version</c>.</summary>
    public static Task WriteVersionAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("major"u8, "1"u8);
                json.WriteString("minor"u8, "32"u8);
                json.WriteString("gitVersion"u8, "v1.32.0+vigia"u8);
                json.WriteString("gitCommit"u8, ""u8);
                json.WriteString("gitTreeState"u8, ""u8);
                json.WriteString("buildDate"u8, ""u8);
                json.WriteString("goVersion"u8, ""u8);
                json.WriteString("compiler"u8, ""u8);
                json.WriteString("platform"u8, "vigia/gateway"u8);
                json.WriteEndObject();
            }
        );

    /// <summary><c>/</c>: the paths there are.</summary>
    public static Task WritePathsAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("paths"u8);
                foreach (
                    var path in (string[])
                        ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
                )
                {
                    json.WriteStringValue(path);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        );

    /// <summary>
    /// <c>/healthz</c> and <c>/livez</c>: the gateway runs; <c>/readyz</c>: the cluster's pods are loaded.
    /// </summary>
    public static async Task WriteHealthAsync(HttpContext context, ClusterSession session, bool isReadiness)
    {
        var isWell = !isReadiness || session.IsReady;
        context.Response.StatusCode = isWell ? 200 : 503;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(isWell ? "ok" : $"{session.Name} is not loaded yet", context.RequestAborted);
    }
}
