using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Objects;
using YamlDotNet.Core;

namespace Vigia.Simulator.Documents;

/// <summary>Reads objects from JSON or YAML text.</summary>
internal static class ObjectText
{
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    /// <summary>One object.</summary>
    /// <exception cref="StatusException">400 where it is none.</exception>
    public static JsonObject Read(byte[] bytes, bool yaml)
    {
        try
        {
            if (yaml && !bytes.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("{"u8))
            {
                var json = YamlJson.Convert(System.Text.Encoding.UTF8.GetString(bytes));
                return JsonNode.Parse(json, null, NoDuplicates) as JsonObject
                    ?? throw StatusException.BadRequest("the body is not an object");
            }

            return JsonNode.Parse(bytes, null, NoDuplicates) as JsonObject
                ?? throw StatusException.BadRequest("couldn't get version/kind; json parse error: the body is not an object");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or YamlException)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>
    /// All objects of a text: a JSON object, or YAML documents; lists are taken apart, empty documents passed over.
    /// </summary>
    /// <exception cref="StatusException">400 where it cannot be read.</exception>
    public static IReadOnlyList<JsonObject> ReadAll(string text)
    {
        var objects = new List<JsonObject>();
        if (text.AsSpan().TrimStart().StartsWith("{"))
        {
            Take(Read(System.Text.Encoding.UTF8.GetBytes(text), yaml: false));
            return objects;
        }

        try
        {
            foreach (var document in YamlJson.ConvertAll(text))
            {
                switch (JsonNode.Parse(document, null, NoDuplicates))
                {
                    case null:
                        break;
                    case JsonObject obj:
                        Take(obj);
                        break;
                    default:
                        throw StatusException.BadRequest("a document of the YAML text is not an object");
                }
            }
        }
        catch (Exception e) when (e is ArgumentException or YamlException)
        {
            throw Unreadable(e);
        }

        return objects;

        void Take(JsonObject obj)
        {
            if (obj["items"] is JsonArray items && ((string?)obj["kind"])?.EndsWith("List", StringComparison.Ordinal) == true)
            {
                objects.AddRange(items.OfType<JsonObject>().Select(i => i.DeepClone().AsObject()));
            }
            else
            {
                objects.Add(obj);
            }
        }
    }

    private static StatusException Unreadable(Exception e) =>
        StatusException.BadRequest($"the object provided is unrecognized (must be of type {nameof(JsonObject)}): {e.Message}");
}
