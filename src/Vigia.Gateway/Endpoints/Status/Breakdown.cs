using System.Text.Json;
using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.Status;

/// <summary>Counts a resource's objects by health, status, namespace and cluster.</summary>
internal static class Breakdown
{
    public static void Write(
        Utf8JsonWriter json,
        ResourceEntry entry,
        IReadOnlyList<(string Cluster, IEnumerable<RawObject> Objects)> clusters
    )
    {
        var statusColumn = entry
            .Columns.Index()
            .Where(column => column.Item.Key is "status" or "type")
            .Select(column => column.Index)
            .DefaultIfEmpty(-1)
            .First();
        var (total, warning, bad) = (0, 0, 0);
        var byStatus = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var byNamespace = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var byCluster = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (cluster, o) in clusters.SelectMany(cluster => cluster.Objects.Select(o => (cluster.Cluster, o))))
        {
            total++;
            byCluster[cluster] = byCluster.GetValueOrDefault(cluster) + 1;
            var row = entry.RowOf(o);
            warning += row.Health == RowHealth.Warning ? 1 : 0;
            bad += row.Health == RowHealth.Bad ? 1 : 0;
            if (statusColumn >= 0 && row[statusColumn].Text is { } status)
            {
                byStatus[status] = byStatus.GetValueOrDefault(status) + 1;
            }

            if (entry.Namespaced)
            {
                byNamespace[o.Namespace] = byNamespace.GetValueOrDefault(o.Namespace) + 1;
            }
        }

        json.WriteStartObject(entry.Name);
        json.WriteNumber("total"u8, total);
        json.WriteNumber("ok"u8, total - warning - bad);
        json.WriteNumber("warning"u8, warning);
        json.WriteNumber("bad"u8, bad);
        WriteCounts(json, "byStatus", byStatus);
        WriteCounts(json, "byNamespace", byNamespace);
        WriteCounts(json, "byCluster", byCluster);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, SortedDictionary<string, int> counts)
    {
        if (counts.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, count) in counts)
        {
            json.WriteNumber(key, count);
        }

        json.WriteEndObject();
    }
}
