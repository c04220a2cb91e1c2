using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;

namespace Vigia.Simulator.Discovery;

/// <summary>
/// The schema documents in the smallest form that clients accept: every kind is an object of any shape, and every write
/// says that it takes dryRun and fieldValidation, by which kubectl decides where to validate.
/// </summary>
internal static class OpenApi
{
    public static async Task HandleAsync(HttpContext http, string path, ObjectStore store)
    {
        var parts = path.Trim('/').Split('/');
        switch (parts)
        {
            case ["openapi", "v2"]:
                var accept = http.Request.Headers.Accept.ToString();
                if (
                    accept.Contains("proto-openapi", StringComparison.Ordinal)
                    && !accept.Contains("application/json", StringComparison.Ordinal)
                )
                {
                    await Answers.BytesAsync(
                        http,
                        OpenApiProto.Document(store.Types),
                        200,
                        "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
                    );
                }
                else
                {
                    await Answers.JsonAsync(http, VersionTwo(store.Types));
                }

                break;
            case ["openapi", "v3"]:
                var paths = new JsonObject();
                foreach (
                    var group in store
                        .Types.Select(t => t.Group.Length == 0 ? $"api/{t.Version}" : $"apis/{t.Group}/{t.Version}")
                        .Distinct()
                )
                {
                    paths[group] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{group}" };
                }

                await Answers.JsonAsync(http, new JsonObject { ["paths"] = paths });
                break;
            case ["openapi", "v3", "api", var version]:
                await Answers.JsonAsync(http, VersionThree(store.Types, "", version));
                break;
            case ["openapi", "v3", "apis", var group, var version]:
                await Answers.JsonAsync(http, VersionThree(store.Types, group, version));
                break;
            default:
                throw StatusException.NoSuchPath();
        }
    }

    /// <summary>A definition's name, as <c>io.k8s.api.apps.v1.Deployment</c>.</summary>
    public static string Name(ResourceType type)
    {
        var group =
            type.Group.Length == 0 ? "io.k8s.api.core"
            : type.Group.Contains('.', StringComparison.Ordinal) ? string.Join('.', type.Group.Split('.').Reverse())
            : $"io.k8s.api.{type.Group}";
        return $"{group}.{type.Version}.{type.Kind}";
    }

    private static JsonObject VersionTwo(IReadOnlyList<ResourceType> types)
    {
        var (definitions, paths) = (new JsonObject(), new JsonObject());
        foreach (var type in types)
        {
            definitions[Name(type)] = Schema(type);
            paths[Path(type)] = new JsonObject { ["post"] = Operation(type, v3: false), ["patch"] = Operation(type, v3: false) };
        }

        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Vigia simulator", ["version"] = "v1" },
            ["paths"] = paths,
            ["definitions"] = definitions,
        };
    }

    private static JsonObject VersionThree(IReadOnlyList<ResourceType> types, string group, string version)
    {
        var (schemas, paths) = (new JsonObject(), new JsonObject());
        foreach (var type in types.Where(t => t.Group == group && t.Version == version))
        {
            schemas[Name(type)] = Schema(type);
            paths[Path(type)] = new JsonObject { ["post"] = Operation(type, v3: true) };
            paths[Path(type) + "/{name}"] = new JsonObject { ["patch"] = Operation(type, v3: true), ["put"] = Operation(type, v3: true) };
        }

        return schemas.Count == 0
            ? throw StatusException.NoSuchPath()
            : new JsonObject
            {
                ["openapi"] = "3.0.0",
                ["info"] = new JsonObject { ["title"] = "Vigia simulator", ["version"] = "v1" },
                ["paths"] = paths,
                ["components"] = new JsonObject { ["schemas"] = schemas },
            };
    }

    private static string Path(ResourceType type) =>
        type
            .Gvr.Path(type.Namespaced ? "{namespace}" : null)
            .Replace("%7B", "{", StringComparison.Ordinal)
            .Replace("%7D", "}", StringComparison.Ordinal);

    private static JsonObject Schema(ResourceType type) =>
        new()
        {
            ["type"] = "object",
            ["description"] = $"{type.Kind} ({type.ApiVersion}), any object: the simulator has no schema.",
            ["x-kubernetes-group-version-kind"] = new JsonArray(Gvk(type)),
            ["x-kubernetes-preserve-unknown-fields"] = true,
        };

    private static JsonObject Operation(ResourceType type, bool v3)
    {
        var parameters = new JsonArray();
        foreach (var name in (string[])["dryRun", "fieldManager", "fieldValidation"])
        {
            var parameter = new JsonObject { ["name"] = name, ["in"] = "query" };
            if (v3)
            {
                parameter["schema"] = new JsonObject { ["type"] = "string" };
            }
            else
            {
                parameter["type"] = "string";
            }

            parameters.AddNode(parameter);
        }

        return new JsonObject
        {
            ["x-kubernetes-group-version-kind"] = Gvk(type),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
        };
    }

    private static JsonObject Gvk(ResourceType type) =>
        new()
        {
            ["group"] = type.Group,
            ["version"] = type.Version,
            ["kind"] = type.Kind,
        };
}

/// <summary>
/// The version 2 document as protobuf (gnostic's <c>openapi.v2.Document</c>), which kubectl before 1.27 insists on.
/// </summary>
internal static class OpenApiProto
{
    public static byte[] Document(IReadOnlyList<ResourceType> types)
    {
        var definitions = new MemoryStream();
        foreach (var type in types)
        {
            // Definitions.additional_properties (1): NamedSchema { name (1), value (2) }.
            Message(
                definitions,
                1,
                named =>
                {
                    Text(named, 1, OpenApi.Name(type));
                    Message(named, 2, schema => Schema(schema, type));
                }
            );
        }

        using var document = new MemoryStream();
        Text(document, 1, "2.0"); // swagger
        Message(
            document,
            2,
            info =>
            {
                Text(info, 1, "Vigia simulator"); // title
                Text(info, 2, "v1"); // version
            }
        );
        Message(document, 8, static _ => { }); // paths, empty
        Bytes(document, 9, definitions.ToArray()); // definitions
        return document.ToArray();
    }

    private static void Schema(MemoryStream schema, ResourceType type)
    {
        Text(schema, 4, $"{type.Kind} ({type.ApiVersion}), any object"); // description
        Message(schema, 22, item => Text(item, 1, "object")); // type: TypeItem.value

        // vendor_extension (31): NamedAny { name (1), value (2): Any { yaml (2) } }.
        Message(
            schema,
            31,
            extension =>
            {
                Text(extension, 1, "x-kubernetes-group-version-kind");
                Message(extension, 2, any => Text(any, 2, $"- group: \"{type.Group}\"\n  kind: {type.Kind}\n  version: {type.Version}\n"));
            }
        );
    }

    private static void Message(MemoryStream into, int field, Action<MemoryStream> write)
    {
        using var message = new MemoryStream();
        write(message);
        Bytes(into, field, message.ToArray());
    }

    private static void Text(MemoryStream into, int field, string text) => Bytes(into, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(MemoryStream into, int field, byte[] bytes)
    {
        Varint(into, (uint)((field << 3) | 2)); // wire type 2: length-delimited
        Varint(into, (uint)bytes.Length);
        into.Write(bytes);
    }

    private static void Varint(MemoryStream into, uint value)
    {
        while (value >= 0x80)
        {
            into.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        into.WriteByte((byte)value);
    }
}
