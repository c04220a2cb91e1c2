using Vigia.Catalog.Paths;
using Vigia.Kubernetes.PortForwarding;
using Vigia.Kubernetes.Writing;
using Vigia.Terminal.Keys;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Objects;

/// <summary>The questions before something happens to a cluster, with the kubectl command that would do the same.</summary>
internal static class ActionDialogs
{
    private const int MostObjects = 4;

    public static DialogState Ask(UiAction action, TableState table, IReadOnlyList<TableRow> rows)
    {
        var lines = new List<string>();
        var input = action switch { UiAction.Scale => Number(rows[0], "spec", "replicas") ?? "1", UiAction.PortForward => Port(rows[0]), _ => null };
        foreach (var row in rows.Take(MostObjects))
        {
            lines.Add("$ " + Kubectl(action, table, row, input));
        }

        if (rows.Count > MostObjects)
        {
            lines.Add($"and so for {rows.Count - MostObjects} more");
        }

        var kind = table.Entry.Kind.ToLowerInvariant();
        var title = $"{Verb(action)} {(rows.Count == 1 ? $"{kind} {rows[0].Object.Key}" : $"{rows.Count} {table.Entry.Name}")}";
        var effect = new ObjectEffect(action, table.Entry, [.. rows.Select(row => row.Key)]);
        return new(title, lines, effect, input, Label: action == UiAction.PortForward ? "the pod's port: " : "replicas: ");
    }

    public static string Verb(UiAction action) => action switch
    {
        UiAction.Kill => "kill at once, without grace:",
        UiAction.PortForward => "forward a port to",
        _ => action.ToString().ToLowerInvariant(),
    };

    /// <summary>The command that does the same to one object.</summary>
    private static string Kubectl(UiAction action, TableState table, TableRow row, string? input)
        => action == UiAction.PortForward
            ? new PortForwardOptions(row.Object.Key, int.Parse(input!, System.Globalization.CultureInfo.InvariantCulture)).Kubectl(row.Cluster)
            : ObjectActions.Make(action, new ActionTarget(table.Entry.Versions[0], row.Object.Key, row.Cluster), input, TimeProvider.System).Kubectl;

    private static string? Number(TableRow row, params ReadOnlySpan<string> path)
    {
        using var json = ObjectJson.Parse(row.Object);
        return json.RootElement.Text(path);
    }

    /// <summary>The first port that a pod says it listens on.</summary>
    private static string Port(TableRow row)
    {
        using var json = ObjectJson.Parse(row.Object);
        return json.RootElement.At("spec", "containers").Items().SelectMany(container => container.At("ports").Items()).Select(port => port.Text("containerPort")).FirstOrDefault(port => port is not null) ?? "80";
    }
}
