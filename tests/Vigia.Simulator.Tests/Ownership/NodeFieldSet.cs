using System.Text.Json.Nodes;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Tests.Ownership;

/// <summary>
/// The plain way to compare: node by node, with everything in dictionaries. Slow, and easy to read: what
/// <c>FieldComparison</c> is checked against.
/// </summary>
internal sealed class NodeFieldSet
{
    private readonly SortedDictionary<string, NodeFieldSet> _children = new(StringComparer.Ordinal);

    /// <summary>True if the path that ends here belongs to the set.</summary>
    public bool IsMember { get; set; }

    public bool IsEmpty => !IsMember && _children.Count == 0;

    public NodeFieldSet GetOrAdd(string step)
    {
        if (!_children.TryGetValue(step, out var child))
        {
            _children[step] = child = new NodeFieldSet();
        }

        return child;
    }

    /// <summary>Every leaf of an object: what its author owns.</summary>
    public static NodeFieldSet Of(JsonNode? node, bool custom)
    {
        var set = new NodeFieldSet();
        set.AddAll(node, "", custom);
        set.IsMember = false; // an object without a field of its own is nobody's
        return set;
    }

    /// <summary>
    /// The leaves in which two states differ: changed and added ones go to <paramref name="changed"/>, removed ones to
    /// <paramref name="removed"/>.
    /// </summary>
    public static void Compare(
        JsonNode? before,
        JsonNode? after,
        string field,
        bool custom,
        NodeFieldSet changed,
        NodeFieldSet removed,
        string[]? skip = null
    )
    {
        if (before is JsonObject was && after is JsonObject now)
        {
            foreach (var (key, value) in now)
            {
                if (skip?.Contains(key) == true)
                {
                    continue;
                }

                if (!was.TryGetPropertyValue(key, out var old))
                {
                    changed.GetOrAdd("f:" + key).AddAll(value, key, custom);
                }
                else
                {
                    Nested("f:" + key, old, value, key);
                }
            }

            foreach (var (key, value) in was)
            {
                if (!now.ContainsKey(key) && skip?.Contains(key) != true)
                {
                    removed.GetOrAdd("f:" + key).AddAll(value, key, custom);
                }
            }

            return;
        }

        if (before is JsonArray oldList && after is JsonArray newList)
        {
            var (oldItems, newItems) = (Items(oldList, field, custom), Items(newList, field, custom));
            if (oldItems is not null && newItems is not null)
            {
                foreach (var (step, item) in newItems)
                {
                    if (oldItems.TryGetValue(step, out var old))
                    {
                        Nested(step, old, item, "");
                    }
                    else
                    {
                        var added = changed.GetOrAdd(step);
                        added.AddAll(item, "", custom);
                        added.IsMember = true;
                    }
                }

                foreach (var (step, item) in oldItems)
                {
                    if (!newItems.ContainsKey(step))
                    {
                        var gone = removed.GetOrAdd(step);
                        gone.AddAll(item, "", custom);
                        gone.IsMember = true;
                    }
                }

                return;
            }
        }

        if (!JsonNode.DeepEquals(before, after))
        {
            changed.AddAll(after, field, custom);
            if (before is JsonObject or JsonArray || after is JsonObject or JsonArray)
            {
                removed.AddAll(before, field, custom);
                removed.Subtract(changed);
            }
        }

        void Nested(string step, JsonNode? old, JsonNode? value, string name)
        {
            var (c, r) = (new NodeFieldSet(), new NodeFieldSet());
            Compare(old, value, name, custom, c, r);
            changed.Put(step, c);
            removed.Put(step, r);
        }
    }

    public void Put(string step, NodeFieldSet child)
    {
        if (!child.IsEmpty)
        {
            GetOrAdd(step).Add(child);
        }
    }

    public void Add(NodeFieldSet other)
    {
        IsMember |= other.IsMember;
        foreach (var (step, child) in other._children)
        {
            GetOrAdd(step).Add(child);
        }
    }

    /// <summary>Takes out every path of <paramref name="other"/>; true where something was taken.</summary>
    public bool Subtract(NodeFieldSet other)
    {
        var taken = IsMember && other.IsMember;
        IsMember &= !other.IsMember;
        foreach (var (step, child) in other._children)
        {
            if (_children.TryGetValue(step, out var mine))
            {
                taken |= mine.Subtract(child);
                if (mine.IsEmpty)
                {
                    _children.Remove(step);
                }
            }
        }

        return taken;
    }

    public static NodeFieldSet Read(JsonNode? fieldsV1)
    {
        var set = new NodeFieldSet();
        if (fieldsV1 is JsonObject obj)
        {
            set.IsMember = obj.Count == 0 || obj.ContainsKey(".");
            foreach (var (step, child) in obj)
            {
                if (step != ".")
                {
                    set._children[step] = Read(child);
                }
            }
        }

        return set;
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (IsMember && _children.Count > 0)
        {
            json["."] = new JsonObject();
        }

        foreach (var (step, child) in _children)
        {
            json[step] = child.ToJson();
        }

        return json;
    }

    /// <summary>A list's items by their steps; null if the list is atomic.</summary>
    public static Dictionary<string, JsonNode?>? Items(JsonArray list, string field, bool custom)
    {
        var items = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        if (ListKeys.IsSet(field))
        {
            foreach (var item in list)
            {
                items["v:" + item?.ToJsonString()] = item;
            }

            return items;
        }

        if (list.Count == 0 || ListKeys.Of(field, list, custom) is not { } keys)
        {
            return null;
        }

        foreach (var item in list)
        {
            var obj = (JsonObject)item!;
            var step = new JsonObject(
                keys.Order(StringComparer.Ordinal)
                    .Select(k => KeyValuePair.Create(k, ListKeys.Value(obj, k)?.DeepClone()))
                    .Where(p => p.Value is not null)
            );
            items["k:" + step.ToJsonString()] = obj;
        }

        return items;
    }

    private void AddAll(JsonNode? node, string field, bool custom)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } obj when field is not ("selector" or "nodeSelector"): // atomic maps of the API
                foreach (var (key, value) in obj)
                {
                    GetOrAdd("f:" + key).AddAll(value, key, custom);
                }

                break;
            case JsonArray list when Items(list, field, custom) is { } items:
                foreach (var (step, item) in items)
                {
                    var child = GetOrAdd(step);
                    child.IsMember = true;
                    if (item is JsonObject)
                    {
                        child.AddAll(item, "", custom);
                    }
                }

                break;
            default:
                IsMember = true;
                break;
        }
    }
}
