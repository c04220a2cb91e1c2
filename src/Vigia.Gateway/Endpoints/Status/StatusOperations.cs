using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>The operations about the gateway's own state.</summary>
internal static class StatusOperations
{
    private const string Tag = "Status";

    public static ApiOperation Page { get; } =
        new("page", Tag, "The web page") { Answers = [ApiAnswer.Text("text/html", "Any resource as a live table.")] };

    public static ApiOperation Alive { get; } =
        new("isAlive", Tag, "Liveness probe") { Answers = [ApiAnswer.Text("text/plain", "It does.", "ok\n")] };

    public static ApiOperation Ready { get; } =
        new("isReady", Tag, "Readiness probe")
        {
            Answers =
            [
                ApiAnswer.Text("text/plain", "It is.", "ok\n"),
                ApiAnswer.Text("text/plain", "Not ready; without authentication, with the missing parts.", "not ready\n", 503),
            ],
        };

    public static ApiOperation Resources { get; } =
        new("listResources", Tag, "The resources that are served")
        {
            Parameters = _ => [Parameters.Clusters],
            Answers = [ApiAnswer.Json("Resources", "The catalog with columns, and each resource's state.")],
            Faults = [404],
        };

    public static ApiOperation Status { get; } =
        new("getStatus", Tag, "Clusters, resources and streams in detail")
        {
            Parameters = _ => [Parameters.Clusters],
            Answers = [ApiAnswer.Json("Status", "The current state.")],
            Faults = [404],
        };

    public static ApiOperation Health { get; } =
        new("getHealth", Tag, "The health monitor's findings: problems, since when, and the next step")
        {
            Parameters = _ => [Parameters.Clusters],
            Answers = [ApiAnswer.Json("Health", "The state at the last check. The HTTP status is always 200.")],
            Faults = [404],
        };

    public static ApiOperation Overview { get; } =
        new("getOverview", Tag, "Counts of objects by state and place")
        {
            Parameters = _ => [Parameters.Clusters],
            Answers = [ApiAnswer.Json("Overview", "Counts of what the caller may list, by health, status, namespace and cluster.")],
            Faults = [404],
        };

    public static ApiOperation Metrics { get; } =
        new("getMetrics", Tag, "Metrics for Prometheus") { Answers = [ApiAnswer.Text("text/plain", "Prometheus' text format, 0.0.4.")] };

    public static ApiOperation Ticket { get; } =
        new("createTicket", Tag, "A ticket for one stream")
        {
            Description =
                "For an EventSource or WebSocket in a browser, which cannot send an Authorization header: open the "
                + "stream with ?ticket=. A ticket is valid once, for this stream, for a short time (30 s by default).",
            Parameters = _ =>
                [
                    ApiParameter.Query(
                        "for",
                        Schema.Text(),
                        "The path of the stream, as the gateway sees it. Its parameters must be the same when the ticket is "
                            + "used; more may be added.",
                        "/api/v1/pods/stream",
                        required: true
                    ),
                ],
            Answers = [ApiAnswer.Json("Ticket", "The ticket.", 201)],
            Faults = [400, 429],
        };

    public static ApiOperation Document { get; } =
        new("getOpenApi", Tag, "This document")
        {
            Answers =
            [
                new ApiAnswer(200, "OpenAPI 3.1, with the resources that the catalog has now.")
                {
                    Content = [("application/json", (_, _) => ApiAnswer.Media(Schema.Any()))],
                },
            ],
        };
}
