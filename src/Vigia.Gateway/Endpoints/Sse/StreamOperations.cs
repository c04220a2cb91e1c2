using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>Streams of changes: Server-Sent Events and WebSockets.</summary>
internal static class StreamOperations
{
    private const string Tag = "Streams";

    private const string HowItGoes =
        "First reset, then added for all that exists, then synced; after that changes as they come. With a cursor it goes on after it, "
        + "and is reset only where that is not possible. "
        + "Every event's id is a cursor. A comment or bookmark comes at least every heartbeat (15 s by default).";

    /// <summary>Several resources in one stream.</summary>
    public static ApiOperation Several { get; } =
        new("streamResources", Tag, "Follow several resources in one stream")
        {
            Description = HowItGoes,
            Parameters = _ =>
                [
                    ApiParameter.Query(
                        "resources",
                        Schema.List(Schema.Text()),
                        "The resources to follow.",
                        new JsonArray("pods", "deployments"),
                        required: true
                    ),
                    .. Parameters.Filters(null),
                    .. Parameters.Streaming,
                ],
            Answers = [Events()],
            Faults = [404, 429, 503],
            TakesResources = true,
        };

    /// <summary>One resource.</summary>
    public static ApiOperation One { get; } =
        new("streamAny", Tag, "Follow {resource}")
        {
            Description = HowItGoes,
            Parameters = entry => [.. Parameters.Filters(entry), .. Parameters.Streaming],
            Answers = [Events()],
            Faults = [404, 429, 503],
            PerEntry = _ => true,
        };

    /// <summary>Kubernetes events.</summary>
    public static ApiOperation KubernetesEvents { get; } =
        One with
        {
            Id = "streamEvent",
            Summary = "Follow Kubernetes events",
            Description = $"An event that happens again is an update, with a greater count. {HowItGoes}",
            Parameters = entry => [.. Parameters.Filters(entry), .. Parameters.Events, .. Parameters.Streaming],
            PerEntry = null,
            Entry = Live.Events.KubernetesEvents.Resource,
        };

    /// <summary>The ready-made streams of the catalog.</summary>
    public static ApiOperation Presets { get; } = new("streamPreset", Tag, "Follow a ready-made stream") { PerPreset = Of };

    /// <summary>Subscriptions over a WebSocket.</summary>
    public static ApiOperation Socket { get; } =
        new("openSocket", Tag, "Many subscriptions on one WebSocket")
        {
            Description =
                "The client sends SocketCommand, the gateway SocketMessage, as text messages of JSON. Members of a subscribe are the "
                + "parameters of a stream's URL. "
                + "Close codes: 1000 the client closed, 1001 the gateway stops or the connection's time is over, 1003 binary, 1007 not "
                + "UTF-8, 1008 too many bad messages, 1009 too big, 1011 a fault of the gateway.",
            Answers = [Upgraded],
            Faults = [400, 426, 429, 503],
            Extension = () => Messages("SocketCommand", "SocketMessage"),
        };

    /// <summary>What happens to deployments, in words.</summary>
    public static ApiOperation DeploymentLog { get; } =
        new("openDeploymentLog", Tag, "Changes of deployments in words, over a WebSocket")
        {
            Description =
                "A DeploymentLogLine for every change of replicas or images, for what is created and for what is deleted; updates that "
                + "change nothing of this are silent.",
            Parameters = _ =>
                [
                    .. Parameters.Filters(null),
                    ApiParameter.Query(
                        "deployment",
                        Schema.List(Schema.Text()),
                        "Only deployments of these names; give it once for each."
                    ) with
                    {
                        IsRepeated = true,
                    },
                ],
            Answers = [Upgraded],
            Faults = [400, 404, 426, 429, 503],
            Extension = () => Messages(null, "DeploymentLogLine"),
        };

    private static ApiAnswer Upgraded => new(101, "The connection speaks WebSocket (RFC 6455, version 13) from here on.");

    private static ApiAnswer Events(PresetStream? preset = null) =>
        new(200, "Server-Sent Events, without an end; the schema is that of the JSON in an event's data.")
        {
            Content =
            [
                (
                    "text/event-stream",
                    (names, entry) =>
                        preset is null
                            ? StreamSchemas.Media(ResourceSchemas.StreamEvent(names.Of(entry)), ResourceSchemas.Change(names.Of(entry)))
                            : StreamSchemas.Media(StreamSchemas.Names(preset).StreamEvent, StreamSchemas.Names(preset).Change)
                ),
            ],
        };

    private static ApiOperation Of(PresetStream preset)
    {
        var parameters = new List<ApiParameter>
        {
            ApiParameter.Query("project", Schema.Text(), "The project, which is a namespace.", "default", required: true),
        };
        if (preset.Kinds.Count > 0)
        {
            var kinds = preset.Kinds.Keys.Order(StringComparer.Ordinal).ToArray();
            parameters.Add(ApiParameter.Query("kind", Schema.OneOf(kinds), "The kind of session.", kinds[0], required: true));
            parameters.Add(ApiParameter.Query("user", Schema.Text(), "Only sessions of this user."));
        }

        if (preset.Target is { } target)
        {
            parameters.Add(ApiParameter.Query("target", Schema.Text(), $"Only what has this at {target}."));
        }

        parameters.Add(Parameters.Clusters);
        parameters.AddRange(Parameters.Streaming.Where(parameter => parameter.Name != "changed"));
        return new ApiOperation(
            $"stream{StreamSchemas.Names(preset).Change[..^"Change".Length]}",
            Tag,
            $"Follow the ready-made stream of {preset.Path}"
        )
        {
            Description =
                $"Made of {preset.Resource}; an update that changes no cell of the row is not sent. What cannot be started is told before "
                + $"anything is opened. {HowItGoes}",
            Parameters = _ => parameters,
            Answers = [Events(preset)],
            Faults = [404, 429, 500, 503],
        };
    }

    private static JsonObject Messages(string? client, string server)
    {
        var json = new JsonObject { ["server"] = Schema.Ref(server) };
        if (client is not null)
        {
            json.Insert(0, "client", Schema.Ref(client));
        }

        return new JsonObject { ["x-websocket"] = json };
    }
}
