using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vigia.Kubernetes.Workloads.Actions;

/// <summary>
/// A person's changes of an object in the form of server-side apply: only the differences and the fields that Vigia has
/// applied before, so that it manages no untouched field.
/// </summary>
internal sealed class ObjectEdit
{
    // Set by the server, never edited.
    private static readonly string[] ServerMetadata =
    [
        "managedFields",
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "generation",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    private static readonly string[] Identity = ["name", "namespace"];

    private ObjectEdit(JsonObject manifest, IReadOnlyList<IReadOnlyList<string>> removed, bool isEmpty) =>
        (Manifest, Removed, IsEmpty) = (manifest, removed, isEmpty);

    /// <summary>
    /// The fields to apply, with the object's identity, including its uid, so that a deleted object is not recreated.
    /// </summary>
    public JsonObject Manifest { get; }

    /// <summary>
    /// The removed fields, as paths of steps. An apply removes fields that only Vigia applied; the rest has to be
    /// removed by a patch.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Removed { get; }

    /// <summary>True if nothing was changed.</summary>
    public bool IsEmpty { get; }

    /// <summary>The object as a person is to see it: without status and what only the server sets.</summary>
    public static JsonObject Editable(JsonElement live)
    {
        var obj = (JsonObject)Clone(live)!;
        obj.Remove("status");
        if (obj["metadata"] is JsonObject metadata)
        {
            foreach (var name in ServerMetadata)
            {
                metadata.Remove(name);
            }
        }

        return obj;
    }

    /// <summary>Compares the text before and after editing.</summary>
    /// <param name="live">The whole object, as the server had it.</param>
    /// <param name="edited">The edited text.</param>
    /// <param name="owners">The managers of the fields.</param>
    public static ObjectEdit Of(JsonElement live, JsonElement edited, FieldOwners owners)
    {
        var shown = Element(Editable(live));
        edited = Element(Editable(edited));
        var removed = new List<IReadOnlyList<string>>();
        Compare(shown, edited, owners.All, [], removed);
        var manifest = Project(shown, edited, owners.Applied, owners.All) ?? [];
        manifest["apiVersion"] = shown.GetProperty("apiVersion").GetString();
        manifest["kind"] = shown.GetProperty("kind").GetString();
        if (manifest["metadata"] is not JsonObject metadata)
        {
            manifest["metadata"] = metadata = [];
        }

        foreach (var name in (string[])[.. Identity, "uid"])
        {
            if (live.GetProperty("metadata").TryGetProperty(name, out var value))
            {
                metadata[name] = Clone(value);
            }
        }

        return new(manifest, removed, JsonElement.DeepEquals(shown, edited));
    }

    /// <summary>The part of an object to apply; null for none.</summary>
    private static JsonObject? Project(JsonElement before, JsonElement after, FieldTree? mine, FieldTree? all)
    {
        JsonObject? result = null;
        foreach (var member in after.EnumerateObject())
        {
            var step = "f:" + member.Name;
            before.TryGetProperty(member.Name, out var old);
            if (member.Value.ValueKind != JsonValueKind.Null && Value(old, member.Value, mine?.At(step), all?.At(step)) is { } value)
            {
                (result ??= [])[member.Name] = value;
            }
        }

        return result;
    }

    private static JsonNode? Value(JsonElement before, JsonElement after, FieldTree? mine, FieldTree? all)
    {
        if (before.ValueKind == JsonValueKind.Undefined)
        {
            return Clone(after);
        }

        if (mine is null && JsonElement.DeepEquals(before, after))
        {
            return null;
        }

        // A map that is managed as one field is one field.
        var isAtomic = all is { Children.Count: 0 };
        return (before.ValueKind, after.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) when !isAtomic && after.EnumerateObject().Any() => Project(
                before,
                after,
                mine,
                all
            ),
            (JsonValueKind.Array, JsonValueKind.Array) when all?.IsKeyed == true => Items(before, after, mine, all) is { Count: > 0 } items
                ? items
                : null,
            _ => Clone(after),
        };
    }

    private static JsonArray Items(JsonElement before, JsonElement after, FieldTree? mine, FieldTree all)
    {
        var result = new JsonArray();
        foreach (var item in after.EnumerateArray())
        {
            var step = all.StepOf(item);
            var old = step is null ? default : before.EnumerateArray().FirstOrDefault(other => FieldTree.Matches(step, other));
            if (old.ValueKind != JsonValueKind.Object)
            {
                result.Add(Clone(item));
                continue;
            }

            var nested = Project(old, item, mine?.At(step!), all.At(step!));
            if (nested is not null || mine?.At(step!) is not null)
            {
                nested ??= [];
                foreach (var key in FieldTree.Keys(step!).EnumerateObject())
                {
                    nested[key.Name] = Clone(key.Value);
                }

                result.Add((JsonNode)nested);
            }
        }

        return result;
    }

    /// <summary>Finds the removed fields.</summary>
    private static void Compare(
        JsonElement before,
        JsonElement after,
        FieldTree? all,
        IReadOnlyList<string> path,
        List<IReadOnlyList<string>> removed
    )
    {
        if (
            before.ValueKind == JsonValueKind.Object
            && after.ValueKind == JsonValueKind.Object
            && (path.Count == 0 || all is not { Children.Count: 0 })
        )
        {
            foreach (var member in before.EnumerateObject())
            {
                var step = "f:" + member.Name;
                if (after.TryGetProperty(member.Name, out var value) && value.ValueKind != JsonValueKind.Null)
                {
                    Compare(member.Value, value, all?.At(step), [.. path, step], removed);
                }
                else if (member.Value.ValueKind != JsonValueKind.Null)
                {
                    removed.Add([.. path, step]);
                }
            }
        }
        else if (
            before.ValueKind == JsonValueKind.Array
            && after.ValueKind == JsonValueKind.Array
            && all is { IsKeyed: true } or { IsSet: true }
        )
        {
            foreach (var item in before.EnumerateArray())
            {
                var step = all.IsKeyed ? all.StepOf(item) : "v:" + item.GetRawText();
                if (step is null)
                {
                    continue;
                }

                var now = after
                    .EnumerateArray()
                    .FirstOrDefault(other => all.IsKeyed ? FieldTree.Matches(step, other) : JsonElement.DeepEquals(item, other));
                if (now.ValueKind == JsonValueKind.Undefined)
                {
                    removed.Add([.. path, step]);
                }
                else
                {
                    Compare(item, now, all.At(step), [.. path, step], removed);
                }
            }
        }
    }

    /// <summary>A tree as an element.</summary>
    public static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonNode? Clone(JsonElement element) => JsonNode.Parse(element.GetRawText());
}
