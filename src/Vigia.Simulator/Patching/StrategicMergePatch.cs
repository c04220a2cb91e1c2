using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Patching;

/// <summary>
/// Strategic merge patch (apimachinery <c>util/strategicpatch</c>): lists merge by key, and directives say where they
/// do not.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string Retain = "$retainKeys";
    private const string Order = "$setElementOrder/";
    private const string DeletePrimitives = "$deleteFromPrimitiveList/";

    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        switch ((string?)patch[Directive])
        {
            case "replace":
                var replaced = patch.DeepClone().AsObject();
                replaced.Remove(Directive);
                return replaced;
            case "delete":
                return [];
        }

        if (patch[Retain] is JsonArray retained)
        {
            var keep = retained.Select(k => (string?)k).ToHashSet();
            foreach (var key in target.Select(p => p.Key).Where(k => !keep.Contains(k)).ToList())
            {
                target.Remove(key);
            }
        }

        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(DeletePrimitives, StringComparison.Ordinal))
            {
                Remove(target[key[DeletePrimitives.Length..]] as JsonArray, value as JsonArray);
            }
            else if (!key.StartsWith('$'))
            {
                Merge(target, key, value, patch[Order + key] as JsonArray);
            }
        }

        // An order may come for a list that is otherwise untouched.
        foreach (var (key, value) in patch)
        {
            if (
                key.StartsWith(Order, StringComparison.Ordinal)
                && !patch.ContainsKey(key[Order.Length..])
                && target[key[Order.Length..]] is JsonArray list
            )
            {
                Sort(list, value as JsonArray ?? [], key[Order.Length..]);
            }
        }

        return target;
    }

    private static void Merge(JsonObject target, string key, JsonNode? value, JsonArray? order)
    {
        switch (value)
        {
            case null:
                target.Remove(key);
                break;
            case JsonObject change when (string?)change[Directive] == "delete":
                target.Remove(key);
                break;
            case JsonObject change:
                var child = target[key] as JsonObject ?? [];
                target[key] = null;
                target[key] = Apply(child, change);
                break;
            case JsonArray change:
                if (target[key] is not JsonArray list)
                {
                    target[key] = list = [];
                }

                if (!MergeList(list, change, key))
                {
                    target[key] = Clean(change);
                }
                else if (order is not null)
                {
                    Sort(list, order, key);
                }

                break;
            default:
                target[key] = value.DeepClone();
                break;
        }
    }

    /// <summary>Merges a list in place; false if it is to be replaced.</summary>
    private static bool MergeList(JsonArray list, JsonArray change, string field)
    {
        if (ListKeys.IsSet(field))
        {
            foreach (var item in change)
            {
                if (!list.Any(i => JsonNode.DeepEquals(i, item)))
                {
                    list.Add(item?.DeepClone());
                }
            }

            return true;
        }

        var sample = change.Count > 0 ? change : list;
        if (
            ListKeys.Of(field, sample, custom: false) is not { } allKeys
            || change.Any(i => i is JsonObject o && (string?)o[Directive] == "replace")
        )
        {
            return false;
        }

        var keys = allKeys[..1]; // strategic merge knows one key; apply knows all of them
        foreach (var item in change.OfType<JsonObject>())
        {
            var old = ListKeys.Find(list, item, keys);
            if ((string?)item[Directive] == "delete")
            {
                if (old is not null)
                {
                    list.Remove(old);
                }
            }
            else if (old is null)
            {
                list.AddNode(Apply([], item));
            }
            else
            {
                var at = list.IndexOf(old);
                list[at] = null;
                list[at] = Apply(old, item);
            }
        }

        return true;
    }

    /// <summary>
    /// Puts the items into the order given; items that it does not name stay in front of the one they stood in front
    /// of.
    /// </summary>
    private static void Sort(JsonArray list, JsonArray order, string field)
    {
        var key = ListKeys.Of(field, list, custom: false)?[0];
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < order.Count; i++)
        {
            ranks[(order[i] is JsonObject o && key is not null ? o[key] : order[i])?.ToJsonString() ?? ""] = i;
        }

        var items = list.ToList();
        var (ranked, current) = (new List<(int Rank, int Index, JsonNode? Item)>(), int.MaxValue);
        for (var i = items.Count - 1; i >= 0; i--)
        {
            var text = (items[i] is JsonObject o && key is not null ? o[key] : items[i])?.ToJsonString() ?? "";
            current = ranks.TryGetValue(text, out var rank) ? rank : current;
            ranked.Add((current, i, items[i]));
        }

        list.Clear();
        foreach (var (_, _, item) in ranked.OrderBy(r => r.Rank).ThenBy(r => r.Index))
        {
            list.Add(item);
        }
    }

    private static void Remove(JsonArray? list, JsonArray? values)
    {
        foreach (var value in values ?? [])
        {
            for (var i = (list?.Count ?? 0) - 1; i >= 0; i--)
            {
                if (JsonNode.DeepEquals(list![i], value))
                {
                    list.RemoveAt(i);
                }
            }
        }
    }

    private static JsonArray Clean(JsonArray change) =>
        new([
            .. change
                .Where(i => i is not JsonObject o || !o.ContainsKey(Directive))
                .Select(i => i is JsonObject o ? Apply([], o) : i?.DeepClone()),
        ]);
}
