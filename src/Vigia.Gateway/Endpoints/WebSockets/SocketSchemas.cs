using System.Text.Json.Nodes;
using Vigia.Gateway.OpenApi;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>The messages of WebSockets.</summary>
internal static class SocketSchemas
{
    private static readonly string[] Answers =
    [
        "SocketChange",
        "SocketReset",
        "SocketSynced",
        "SocketFreshness",
        "SocketAnswer",
        "SocketPong",
        "SocketError",
    ];

    public static IEnumerable<(string Name, JsonObject Schema)> All(ApiNames names) =>
        [
            ("SocketCommand", Command()),
            ("SocketMessage", Schema.Either("A message of the gateway; type selects its schema.", Answers.Select(Schema.Ref))),
            (
                "SocketChange",
                Schema.Object("A change.", [.. Head(Schema.OneOf(StreamSchemas.Changes)), .. ResourceSchemas.ChangeMembers(names, null)])
            ),
            (
                "SocketReset",
                Schema.Object(
                    "Forget the known state: every existing object follows.",
                    [.. Head(Schema.Always("reset")), .. StreamSchemas.Source, .. StreamSchemas.ResetMembers]
                )
            ),
            (
                "SocketSynced",
                Schema.Object(
                    "All existing objects were sent.",
                    [.. Head(Schema.Always("synced")), .. StreamSchemas.Source, ("objects", Schema.Number())]
                )
            ),
            (
                "SocketFreshness",
                Schema.Object(
                    "The data became stale, or is live again.",
                    [.. Head(Schema.OneOf(["degraded", "live"])), .. StreamSchemas.Source, .. StreamSchemas.FreshnessMembers]
                )
            ),
            (
                "SocketAnswer",
                Schema.Object(
                    "A subscription starts or ends, or its cursor is newer though nothing changed.",
                    Head(Schema.OneOf(["subscribed", "unsubscribed", "bookmark"]))
                )
            ),
            ("SocketPong", Schema.Object("The answer to ping.", ("type", Schema.Always("pong")))),
            (
                "SocketError",
                Schema.Object(
                    "A message was refused; the connection continues.",
                    ("type", Schema.Always("error")),
                    ("id?", Schema.Text("The subscription of the refused message.")),
                    ("status", new JsonObject { ["type"] = "integer", ["description"] = "The corresponding HTTP status." }),
                    ("parameter", Schema.Text("The invalid member; empty if there is none.")),
                    ("error", Schema.Text())
                )
            ),
            (
                "DeploymentLogLine",
                Schema.Object(
                    "A change of a deployment in words.",
                    ("timestamp", Schema.Time()),
                    ("message", Schema.Text()),
                    ("cluster", Schema.Text()),
                    ("namespace", Schema.Text())
                )
            ),
        ];

    private static IEnumerable<(string, JsonObject)> Head(JsonObject type) =>
        [
            ("type", type),
            ("id", Schema.Text("The subscription.")),
            ("cursor", Schema.Text("The resume cursor of the subscription: send it back in a subscribe.")),
        ];

    /// <summary>Members of a subscribe are those of a stream's URL: a text, or a list of texts.</summary>
    private static JsonObject Command()
    {
        var members = new List<(string, JsonObject)>
        {
            ("type", Schema.OneOf(["subscribe", "unsubscribe", "ping"])),
            (
                "id?",
                new JsonObject
                {
                    ["type"] = "string",
                    ["maxLength"] = 128,
                    ["description"] = "Names the subscription; the client chooses it. Not for ping.",
                }
            ),
            ("query?", Schema.Text("Stream parameters as in a URL: namespace=a&labelSelector=app%3Dweb.")),
            ("resource?", Values("One resource.")),
            ("resources?", Values("The resources to follow.")),
            ("preset?", Schema.Text("A preset instead of resources, as in /events/{preset}; with project, target, kind and user.")),
            ("project?", Values("With preset: the namespace.")),
            ("target?", Values("With preset: the name of one object.")),
            ("kind?", Values("With preset: the kind of session.")),
            ("user?", Values("With preset: whose sessions.")),
        };
        members.AddRange(
            Parameters
                .Filters(null)
                .Concat(Parameters.Streaming)
                .Where(parameter => parameter.Place == "query" && !parameter.Name.StartsWith("last", StringComparison.Ordinal))
                .Select(parameter => (parameter.Name + "?", Values(parameter.Description)))
        );
        var command = Schema.Object("A message of the client. Beside these members, any parameter of a stream.", members);
        return command;
    }

    private static JsonObject Values(string description) => Schema.Either(description, Schema.Text(), Schema.List(Schema.Text()));
}
