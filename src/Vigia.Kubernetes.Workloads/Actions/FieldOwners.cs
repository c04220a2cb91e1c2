using System.Text.Json;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes.Workloads.Actions;

/// <summary>The managers of an object's fields, by its <c>metadata.managedFields</c>.</summary>
internal sealed class FieldOwners
{
    private readonly List<(string Manager, FieldTree Fields)> _others = [];

    /// <summary>Reads them; of an object without managedFields nothing is known.</summary>
    public FieldOwners(JsonElement obj)
    {
        if (
            !obj.TryGetProperty("metadata", out var metadata)
            || !metadata.TryGetProperty("managedFields", out var entries)
            || entries.ValueKind != JsonValueKind.Array
        )
        {
            return;
        }

        foreach (var entry in entries.EnumerateArray())
        {
            var manager = Text(entry, "manager");
            if (!entry.TryGetProperty("fieldsV1", out var fields))
            {
                continue;
            }

            All.Add(fields);
            if (manager != ClusterAction.FieldManager)
            {
                var tree = new FieldTree();
                tree.Add(fields);
                _others.Add((manager, tree));
            }
            else if (Text(entry, "operation") == "Apply" && Text(entry, "subresource").Length == 0)
            {
                Applied.Add(fields);
            }
        }
    }

    /// <summary>The fields of all.</summary>
    public FieldTree All { get; } = new();

    /// <summary>Fields that Vigia itself has applied before: an apply without them gives them up.</summary>
    public FieldTree Applied { get; } = new();

    /// <summary>The other managers of a field, of a part of it, or of the whole that contains it.</summary>
    public IEnumerable<string> ManagersOf(IReadOnlyList<string> path) =>
        _others.Where(other => Has(other.Fields, path)).Select(other => other.Manager).Distinct(StringComparer.Ordinal);

    private static bool Has(FieldTree fields, IReadOnlyList<string> path)
    {
        for (var i = 0; i < path.Count; i++)
        {
            if (fields.At(path[i]) is not { } child)
            {
                return i > 0 && fields.Children.Count == 0;
            }

            fields = child;
        }

        return true;
    }
}
