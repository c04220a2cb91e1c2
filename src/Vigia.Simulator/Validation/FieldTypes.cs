using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Protobuf;

namespace Vigia.Simulator.Validation;

/// <summary>
/// Checks that each field of a built-in object has a value of its type, as a server does when it decodes a body:
/// <c>image: y</c>, which YAML reads as a flag, is refused and not stored.
/// </summary>
internal static class FieldTypes
{
    private const int Deepest = 64;

    /// <summary>Checks an object.</summary>
    /// <exception cref="StatusException">400 that names the first field with a value of another type.</exception>
    public static void Check(ResourceType type, JsonObject obj)
    {
        var message = ProtoFields.MessageOf(type.ApiVersion, type.Kind);
        if (type.IsCustom || !ProtoFields.Knows(message))
        {
            // Of these the metadata is known, as of everything.
            Members(type, "meta.v1.ObjectMeta", obj["metadata"], "metadata", 0);
            return;
        }

        Members(type, message, obj, "", 0);
    }

    private static void Members(ResourceType type, string message, JsonNode? node, string path, int depth)
    {
        if (node is null || depth > Deepest)
        {
            return;
        }

        if (node is not JsonObject obj)
        {
            throw Refuse(type, node, path, message[(message.LastIndexOf('.') + 1)..]);
        }

        foreach (var (name, value) in obj)
        {
            if (value is not null && Find(message, name) is { } field)
            {
                Value(type, field, value, path.Length == 0 ? name : $"{path}.{name}", depth);
            }
        }
    }

    private static ProtoField? Find(string message, string name)
    {
        var fields = ProtoFields.Of(message);
        return fields.TryGet(name, out var field)
            ? field
            : fields
                .Fields.Where(inner => inner.Inline && ProtoFields.Knows(inner.Type))
                .Select(inner => Find(inner.Type, name))
                .FirstOrDefault(found => found is not null);
    }

    private static void Value(ResourceType type, ProtoField field, JsonNode value, string path, int depth)
    {
        if (field.IsMap)
        {
            foreach (var (key, entry) in value as JsonObject ?? throw Refuse(type, value, path, $"map[string]{field.Type}"))
            {
                One(type, field.Type, entry, $"{path}.{key}", depth);
            }
        }
        else if (field.Repeated)
        {
            foreach (var item in value as JsonArray ?? throw Refuse(type, value, path, $"[]{field.Type}"))
            {
                One(type, field.Type, item, path, depth);
            }
        }
        else
        {
            One(type, field.Type, value, path, depth);
        }
    }

    private static void One(ResourceType type, string wanted, JsonNode? value, string path, int depth)
    {
        if (value is null)
        {
            return;
        }

        var kind = value.GetValueKind();
        var fits = wanted switch
        {
            "string" or "bytes" => kind == JsonValueKind.String,
            "bool" => kind is JsonValueKind.True or JsonValueKind.False,
            "int32" or "int64" or "uint32" or "uint64" => kind == JsonValueKind.Number,
            "Quantity" or "IntOrString" => kind is JsonValueKind.String or JsonValueKind.Number,
            "meta.v1.Time" or "meta.v1.MicroTime" => kind == JsonValueKind.String,
            _ => true,
        };
        if (!fits)
        {
            throw Refuse(type, value, path, wanted);
        }

        if (ProtoFields.Knows(wanted) && wanted is not ("meta.v1.Time" or "meta.v1.MicroTime" or "meta.v1.FieldsV1"))
        {
            Members(type, wanted, value, path, depth + 1);
        }
    }

    private static StatusException Refuse(ResourceType type, JsonNode value, string path, string wanted)
    {
        var found = value.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Number => "number",
            JsonValueKind.String => "string",
            JsonValueKind.Array => "array",
            _ => "object",
        };
        return StatusException.BadRequest(
            $"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: json: cannot unmarshal {found} into Go struct "
                + $"field {type.Kind}.{path} of type {wanted}"
        );
    }
}
