using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>Streams of changes: Server-Sent Events and WebSockets.</summary>
internal static class StreamOperations
{
    private const string Tag = "Streams";

    private const string HowItGoes =
        "First reset, then added for every existing object, then synced; after that the changes. With a "
        + "cursor the stream continues after it, and resets only if that is impossible. Every event's id is a "
        + "cursor. A comment or bookmark is sent at least every heartbeat (15 s by default).";

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
            Description = $"A repeated event is an update with a higher count. {HowItGoes}",
            Parameters = entry => [.. Parameters.Filters(entry), .. Parameters.Events, .. Parameters.Streaming],
            PerEntry = null,
            Entry = Live.Events.KubernetesEvents.Resource,
        };

    /// <summary>The ready-made streams of the catalog.</summary>
    public static ApiOperation Presets { get; } = new("streamPreset", Tag, "Follow a preset") { PerPreset = Of };

    /// <summary>Subscriptions over a WebSocket.</summary>
    public static ApiOperation Socket { get; } =
        new("openSocket", Tag, "Many subscriptions on one WebSocket")
        {
            Description =
                "The client sends SocketCommand, the gateway SocketMessage, as JSON text messages. Members of a "
                + "subscribe are the parameters of a stream's URL. Close codes: 1000 closed by the client, 1001 the "
                + "gateway stops or the connection has reached its longest life, 1003 binary message, 1007 not UTF-8, "
                + "1008 too many invalid messages, 1009 message too big, 1011 internal error of the gateway.",
            Answers = [Upgraded],
            Faults = [400, 426, 429, 503],
            Extension = () => Messages("SocketCommand", "SocketMessage"),
        };

    /// <summary>Changes of deployments, in words.</summary>
    public static ApiOperation DeploymentLog { get; } =
        new("openDeploymentLog", Tag, "Changes of deployments in words, over a WebSocket")
        {
            Description =
                "A DeploymentLogLine for every change of replicas or images, and for every creation and deletion; "
                + "other updates are not reported.",
            Parameters = _ =>
                [
                    .. Parameters.Filters(null),
                    ApiParameter.Query(
                        "deployment",
                        Schema.List(Schema.Text()),
                        "Only deployments of these names; repeat the parameter for each."
                    ) with
                    {
                        IsRepeated = true,
                    },
                ],
            Answers = [Upgraded],
            Faults = [400, 404, 426, 429, 503],
            Extension = () => Messages(null, "DeploymentLogLine"),
        };

    private static ApiAnswer Upgraded => new(101, "The connection is a WebSocket (RFC 6455, version 13) from here on.");

    private static ApiAnswer Events(PresetStream? preset = null) =>
        new(200, "Server-sent events without an end; the schema describes the JSON in an event's data.")
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
            parameters.Add(ApiParameter.Query("target", Schema.Text(), $"Only objects with this {target}."));
        }

        parameters.Add(Parameters.Clusters);
        parameters.AddRange(Parameters.Streaming.Where(parameter => parameter.Name != "changed"));
        return new ApiOperation($"stream{StreamSchemas.Names(preset).Change[..^"Change".Length]}", Tag, $"Follow the preset {preset.Path}")
        {
            Description =
                $"Based on {preset.Resource}; an update that changes no cell of the row is not sent. Errors are "
                + $"reported before the stream is opened. {HowItGoes}",
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
