using System.Runtime.InteropServices;
using System.Text.Json;

namespace Vigia.Simulator.Ownership;

/// <summary>
/// Finds the fields in which two states of an object differ. Values whose bytes are equal are passed over: that is all
/// but a few of them.
/// </summary>
internal static class FieldComparison
{
    /// <summary>
    /// The leaves in which two states differ: changed and added ones go to <paramref name="changed"/>, removed ones to
    /// <paramref name="removed"/>.
    /// </summary>
    public static void Compare(
        JsonElement before,
        JsonElement after,
        string field,
        bool custom,
        FieldSet changed,
        FieldSet removed,
        string[]? skip = null
    )
    {
        if (before.ValueKind == JsonValueKind.Object && after.ValueKind == JsonValueKind.Object)
        {
            CompareObjects(before, after, custom, changed, removed, skip);
            return;
        }

        if (
            before.ValueKind == JsonValueKind.Array
            && after.ValueKind == JsonValueKind.Array
            && ListKeys.Items(before, field, custom) is { } oldItems
            && ListKeys.Items(after, field, custom) is { } newItems
        )
        {
            CompareItems(oldItems, newItems, custom, changed, removed);
            return;
        }

        if (!AreSame(before, after))
        {
            changed.AddAll(after, field, custom);
            if (IsTree(before) || IsTree(after))
            {
                removed.AddAll(before, field, custom);
                removed.Subtract(changed);
            }
        }
    }

    /// <summary>True if two values are equal, whatever the order of their keys and the form of their numbers.</summary>
    public static bool AreSame(JsonElement left, JsonElement right) => HaveSameBytes(left, right) || JsonElement.DeepEquals(left, right);

    private static void CompareObjects(
        JsonElement before,
        JsonElement after,
        bool custom,
        FieldSet changed,
        FieldSet removed,
        string[]? skip
    )
    {
        // Most objects keep their keys in the same order: the dictionary is made only for those that do not.
        var (old, inOrder, common) = (before.EnumerateObject(), true, 0);
        Dictionary<string, JsonElement>? byName = null;
        foreach (var property in after.EnumerateObject())
        {
            JsonElement was;
            inOrder = inOrder && old.MoveNext() && HasSameName(old.Current, property);
            if (inOrder)
            {
                was = old.Current.Value;
            }
            else if (!(byName ??= ByName(before)).TryGetValue(property.Name, out was))
            {
                if (skip?.Contains(property.Name) != true)
                {
                    changed.GetOrAdd("f:" + property.Name).AddAll(property.Value, property.Name, custom);
                }

                continue;
            }

            common++;
            if (!HaveSameBytes(was, property.Value) && skip?.Contains(property.Name) != true)
            {
                CompareChild("f:" + property.Name, was, property.Value, property.Name, custom, changed, removed);
            }
        }

        if (common == before.GetPropertyCount())
        {
            return;
        }

        foreach (var property in before.EnumerateObject())
        {
            if (!after.TryGetProperty(property.Name, out _) && skip?.Contains(property.Name) != true)
            {
                removed.GetOrAdd("f:" + property.Name).AddAll(property.Value, property.Name, custom);
            }
        }
    }

    private static void CompareItems(
        Dictionary<string, JsonElement> before,
        Dictionary<string, JsonElement> after,
        bool custom,
        FieldSet changed,
        FieldSet removed
    )
    {
        foreach (var (step, item) in after)
        {
            if (!before.TryGetValue(step, out var old))
            {
                AddItem(changed, step, item, custom);
            }
            else if (!HaveSameBytes(old, item))
            {
                CompareChild(step, old, item, "", custom, changed, removed);
            }
        }

        foreach (var (step, item) in before)
        {
            if (!after.ContainsKey(step))
            {
                AddItem(removed, step, item, custom);
            }
        }
    }

    private static void AddItem(FieldSet set, string step, JsonElement item, bool custom)
    {
        var child = set.GetOrAdd(step);
        child.AddAll(item, "", custom);
        child.IsMember = true;
    }

    private static void CompareChild(
        string step,
        JsonElement before,
        JsonElement after,
        string field,
        bool custom,
        FieldSet changed,
        FieldSet removed
    )
    {
        var (c, r) = (new FieldSet(), new FieldSet());
        Compare(before, after, field, custom, c, r);
        changed.Put(step, c);
        removed.Put(step, r);
    }

    private static Dictionary<string, JsonElement> ByName(JsonElement obj)
    {
        var byName = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in obj.EnumerateObject())
        {
            byName[property.Name] = property.Value;
        }

        return byName;
    }

    private static bool HasSameName(JsonProperty left, JsonProperty right) =>
        JsonMarshal.GetRawUtf8PropertyName(left).SequenceEqual(JsonMarshal.GetRawUtf8PropertyName(right));

    private static bool HaveSameBytes(JsonElement left, JsonElement right) =>
        JsonMarshal.GetRawUtf8Value(left).SequenceEqual(JsonMarshal.GetRawUtf8Value(right));

    private static bool IsTree(JsonElement value) => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
}
