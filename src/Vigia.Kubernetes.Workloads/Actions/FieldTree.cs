using System.Text.Json;

namespace Vigia.Kubernetes.Workloads.Actions;

/// <summary>
/// Fields in the notation of <c>managedFields</c> (<c>fieldsV1</c>): <c>f:name</c> is a member,
/// <c>k:{"name":"main"}</c> an item of a list by its keys, <c>v:"x"</c> an item of a set. It is also the one place in
/// an object that shows, without a schema, the keys of a list's items.
/// </summary>
internal sealed class FieldTree
{
    private readonly Dictionary<string, FieldTree> _children = new(StringComparer.Ordinal);

    /// <summary>The steps below this one.</summary>
    public IReadOnlyDictionary<string, FieldTree> Children => _children;

    /// <summary>True if items of this list are identified by keys.</summary>
    public bool IsKeyed => _children.Keys.Any(step => step.StartsWith("k:", StringComparison.Ordinal));

    /// <summary>True if items of this list are identified by their value (a set).</summary>
    public bool IsSet => _children.Keys.Any(step => step.StartsWith("v:", StringComparison.Ordinal));

    /// <summary>The fields below a step; null for none.</summary>
    public FieldTree? At(string step) => _children.GetValueOrDefault(step);

    /// <summary>Adds the fields of one entry.</summary>
    public void Add(JsonElement fieldsV1)
    {
        if (fieldsV1.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var member in fieldsV1.EnumerateObject().Where(member => member.Name != "."))
        {
            if (!_children.TryGetValue(member.Name, out var child))
            {
                _children[member.Name] = child = new();
            }

            child.Add(member.Value);
        }
    }

    /// <summary>The step of an item among those known: the one whose keys it has; null for none.</summary>
    public string? StepOf(JsonElement item)
    {
        foreach (var step in _children.Keys)
        {
            if (step.StartsWith("k:", StringComparison.Ordinal) && Matches(step, item))
            {
                return step;
            }
        }

        return null;
    }

    /// <summary>The keys of a step, as <c>{"name":"main"}</c>.</summary>
    public static JsonElement Keys(string step)
    {
        using var keys = JsonDocument.Parse(step[2..]);
        return keys.RootElement.Clone();
    }

    /// <summary>True if an item has the keys of a step.</summary>
    public static bool Matches(string step, JsonElement item) =>
        item.ValueKind == JsonValueKind.Object
        && Keys(step)
            .EnumerateObject()
            .All(key => item.TryGetProperty(key.Name, out var value) && JsonElement.DeepEquals(value, key.Value));
}
