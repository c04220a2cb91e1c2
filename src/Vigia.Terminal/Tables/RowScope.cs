using System.Text.Json;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Tables;

/// <summary>
/// What a drill-down narrows a table to: objects of an owner, of a selector, on a node, about an object.
/// </summary>
/// <param name="Title">For the title: <c>deployment shop/cart</c>.</param>
/// <param name="Cluster">The session's number of the cluster.</param>
/// <param name="Namespace">The namespace; null for all.</param>
/// <param name="OwnerUids">Uids of owners: a row with one of them is shown.</param>
/// <param name="Selector">A label selector.</param>
/// <param name="ColumnKey">A column and</param>
/// <param name="ColumnText">the text that must stand in it.</param>
/// <param name="Uses">For pods: the kind and name of what they must name in their spec.</param>
internal sealed record RowScope(
    string Title,
    int Cluster,
    string? Namespace = null,
    IReadOnlySet<string>? OwnerUids = null,
    LabelSelector? Selector = null,
    string? ColumnKey = null,
    string? ColumnText = null,
    (string Kind, string Name)? Uses = null
)
{
    public bool Holds(TableRow row)
    {
        if (row.Key.Cluster != Cluster || Namespace is not null && row.Object.Namespace != Namespace)
        {
            return false;
        }

        if (OwnerUids is not null && !row.Object.Owners.Any(owner => OwnerUids.Contains(owner.Uid)))
        {
            return false;
        }

        if (Selector is not null && !Selector.Matches(row.Object.Labels))
        {
            return false;
        }

        if (Uses is { } used && !Names(row, used.Kind, used.Name))
        {
            return false;
        }

        if (ColumnKey is null)
        {
            return true;
        }

        for (var i = 0; i < row.Row.Entry.Columns.Count; i++)
        {
            if (row.Row.Entry.Columns[i].Key == ColumnKey)
            {
                return row.Row[i].Text == ColumnText;
            }
        }

        return false;
    }

    private static bool Names(TableRow row, string kind, string name)
    {
        using var json = ObjectJson.Parse(row.Object);
        var spec = json.RootElement.At("spec");
        return kind switch
        {
            "ServiceAccount" => (spec.Text("serviceAccountName") ?? "default") == name,
            "PersistentVolumeClaim" => Volumes("persistentVolumeClaim", "claimName"),
            "ConfigMap" => Volumes("configMap", "name") || Environment("configMapRef", "configMapKeyRef"),
            "Secret" => Volumes("secret", "secretName")
                || Environment("secretRef", "secretKeyRef")
                || spec.At("imagePullSecrets").Items().Any(secret => secret.Text("name") == name),
            _ => false,
        };

        bool Volumes(string source, string member) =>
            spec.At("volumes")
                .Items()
                .Any(volume =>
                    volume.Text(source, member) == name
                    || volume.At("projected", "sources").Items().Any(part => part.Text(source, "name") == name)
                );

        bool Environment(string from, string key) =>
            Containers()
                .Any(container =>
                    container.At("envFrom").Items().Any(item => item.Text(from, "name") == name)
                    || container.At("env").Items().Any(item => item.Text("valueFrom", key, "name") == name)
                );

        IEnumerable<JsonElement> Containers() => spec.At("containers").Items().Concat(spec.At("initContainers").Items());
    }

    public bool Equals(RowScope? other) => other is not null && Title == other.Title && Cluster == other.Cluster;

    public override int GetHashCode() => HashCode.Combine(Title, Cluster);
}
