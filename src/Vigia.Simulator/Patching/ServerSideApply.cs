using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Patching;

/// <summary>
/// Server-side apply: fields in the configuration are set and owned; fields that it had before and has no longer are
/// removed, unless another manager owns them too; fields that another manager set differently are conflicts, unless
/// forced.
/// </summary>
internal static class ServerSideApply
{
    public static JsonObject Apply(
        ResourceType type,
        JsonObject current,
        JsonObject configuration,
        string manager,
        string? subresource,
        bool force,
        string now
    )
    {
        var entries = ManagedFields.Read(current);
        var wanted = ManagedFields.Owned(configuration);
        var fields = FieldSet.Of(wanted.ToElement(), type.IsCustom);
        var mine = entries.Find(e => e.Manager == manager && e.Operation == "Apply" && e.Subresource == (subresource ?? ""));
        var others = entries.Where(e => e != mine).ToList();

        Contend(type, current, wanted, fields, others, force);
        var result = current.DeepClone().AsObject();
        if (mine is not null)
        {
            foreach (var path in mine.Fields.Paths().OrderByDescending(p => p.Length))
            {
                if (!fields.Contains(path) && !others.Any(o => o.Fields.Contains(path)))
                {
                    Remove(result, path, 0, "");
                }
            }
        }

        MergeInto(result, wanted, type.IsCustom);
        if (mine is null)
        {
            mine = new ManagedFields.Entry(manager, "Apply", subresource ?? "") { ApiVersion = type.ApiVersion, Time = now };
            entries.Add(mine);
        }

        if (!mine.Fields.IsSame(fields) || !JsonNode.DeepEquals(ManagedFields.Owned(result), ManagedFields.Owned(current)))
        {
            mine.Time = now;
        }

        mine.Fields = fields;
        ManagedFields.Write(result, entries);
        return result;
    }

    private static void Contend(
        ResourceType type,
        JsonObject current,
        JsonObject wanted,
        FieldSet fields,
        List<ManagedFields.Entry> others,
        bool force
    )
    {
        var causes = new List<StatusCause>();
        foreach (var path in fields.Paths())
        {
            if (Same(current, wanted, path))
            {
                continue;
            }

            foreach (var other in others.Where(o => o.Fields.Contains(path)))
            {
                if (force)
                {
                    var taken = new FieldSet();
                    path.Aggregate(taken, (set, step) => set.GetOrAdd(step)).IsMember = true;
                    other.Fields.Subtract(taken);
                }
                else
                {
                    var by =
                        other.Operation == "Apply"
                            ? $"\"{other.Manager}\""
                            : $"\"{other.Manager}\" using {other.ApiVersion}{(other.Time.Length > 0 ? " at " + other.Time : "")}";
                    causes.Add(new StatusCause("FieldManagerConflict", $"conflict with {by}", Tell(path)));
                }
            }
        }

        if (causes.Count > 0)
        {
            var list =
                causes.Count == 1
                    ? $"conflict: {causes[0].Message}: {causes[0].Field}"
                    : $"conflicts: {string.Join("; ", causes.Select(c => $"{c.Message}: {c.Field}"))}";
            throw new StatusException(409, "Conflict", $"Apply failed with {causes.Count} {list}")
            {
                Causes = causes,
                Group = type.Group,
                Kind = type.Plural,
            };
        }
    }

    private static bool Same(JsonNode? left, JsonNode? right, string[] path)
    {
        var field = "";
        foreach (var step in path)
        {
            var had = TryStep(left, step, field, out var l);
            _ = TryStep(right, step, field, out var r);
            if (!had)
            {
                return false;
            }

            (left, right, field) = (l, r, step.StartsWith("f:", StringComparison.Ordinal) ? step[2..] : "");
        }

        // An item's own membership is not its contents.
        return path[^1][0] == 'k' || JsonNode.DeepEquals(left, right);
    }

    private static void MergeInto(JsonObject target, JsonObject wanted, bool custom)
    {
        foreach (var (key, value) in wanted)
        {
            switch (value)
            {
                case JsonObject change when target[key] is JsonObject old && key is not ("selector" or "nodeSelector"):
                    MergeInto(old, change, custom);
                    break;
                case JsonArray change when target[key] is JsonArray old && MergeList(old, change, key, custom):
                    break;
                default:
                    target[key] = value?.DeepClone();
                    break;
            }
        }
    }

    private static bool MergeList(JsonArray old, JsonArray change, string field, bool custom)
    {
        if (ListKeys.Items(change, field, custom) is not { } wanted || (old.Count > 0 && ListKeys.Items(old, field, custom) is null))
        {
            return false;
        }

        var have = old.Count == 0 ? [] : ListKeys.Items(old, field, custom)!;
        foreach (var (step, item) in wanted)
        {
            if (!have.TryGetValue(step, out var there))
            {
                old.Add(item?.DeepClone());
            }
            else if (there is JsonObject obj && item is JsonObject with)
            {
                MergeInto(obj, with, custom);
            }
        }

        return true;
    }

    private static void Remove(JsonNode? node, string[] path, int at, string field)
    {
        var step = path[at];
        if (!TryStep(node, step, field, out var child))
        {
            return;
        }

        var name = step.StartsWith("f:", StringComparison.Ordinal) ? step[2..] : "";
        if (at < path.Length - 1)
        {
            Remove(child, path, at + 1, name);
            if (node is JsonObject holder && child is JsonObject { Count: 0 } or JsonArray { Count: 0 } && name.Length > 0)
            {
                ((JsonObject)node!).Remove(name);
            }
        }
        else if (node is JsonObject obj)
        {
            obj.Remove(name);
        }
        else if (node is JsonArray list)
        {
            list.Remove(child);
        }
    }

    /// <summary>The value at a step; false if there is none.</summary>
    private static bool TryStep(JsonNode? node, string step, string field, out JsonNode? value)
    {
        value = null;
        if (step.StartsWith("f:", StringComparison.Ordinal))
        {
            return node is JsonObject obj && obj.TryGetPropertyValue(step[2..], out value);
        }

        return node is JsonArray list && ListKeys.Items(list, field, custom: false) is { } items && items.TryGetValue(step, out value);
    }

    private static string Tell(string[] path)
    {
        var text = "";
        foreach (var step in path)
        {
            text += step[0] switch
            {
                'f' => "." + step[2..],
                'k' => "["
                    + string.Join(',', ((JsonObject)JsonNode.Parse(step[2..])!).Select(p => $"{p.Key}={p.Value?.ToJsonString()}"))
                    + "]",
                _ => "[=" + step[2..] + "]",
            };
        }

        return text;
    }
}
