using Vigia.Terminal.Keys;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Objects;

/// <summary>The questions before something happens to a cluster, with the kubectl command that would do the same.</summary>
internal static class ActionDialogs
{
    private const int MostNames = 6;

    public static DialogState Ask(UiAction action, TableState table, IReadOnlyList<TableRow> rows)
    {
        var kind = table.Entry.Kind.ToLowerInvariant();
        var what = rows.Count == 1 ? $"{kind} {rows[0].Object.Key}" : $"{rows.Count} {table.Entry.Name}";
        var lines = new List<string>();
        if (rows.Count > 1)
        {
            lines.AddRange(rows.Take(MostNames).Select(row => "  " + row.Object.Key));
            if (rows.Count > MostNames)
            {
                lines.Add($"  and {rows.Count - MostNames} more");
            }
        }

        if (action == UiAction.Drain)
        {
            lines.Add("cordons the node and evicts its pods; DaemonSets' pods stay");
        }

        var effect = new ObjectEffect(action, table.Entry, [.. rows.Select(row => row.Key)]);
        var input = action == UiAction.Scale ? Replicas(rows[0]) : null;
        lines.Add("$ " + Kubectl(action, table.Entry.Kind == "Node" ? "node" : table.Entry.Name, rows, input));
        return new($"{Verb(action)} {what}", lines, effect, input);
    }

    /// <summary>The command that does the same.</summary>
    public static string Kubectl(UiAction action, string resource, IReadOnlyList<TableRow> rows, string? input)
    {
        var first = rows[0];
        var ns = first.Object.Namespace;
        var where = $"kubectl --context {first.Cluster}{(ns.Length > 0 && rows.All(row => row.Object.Namespace == ns) ? $" -n {ns}" : "")}";
        var names = string.Join(' ', rows.Take(MostNames).Select(row => row.Object.Name)) + (rows.Count > MostNames ? " …" : "");
        return action switch
        {
            UiAction.Delete => $"{where} delete {resource} {names}",
            UiAction.Kill => $"{where} delete {resource} {names} --grace-period=0 --force",
            UiAction.Scale => $"{where} scale {resource} {names} --replicas={input}",
            UiAction.Restart => $"{where} rollout restart {resource} {names}",
            UiAction.Cordon => $"{where} cordon {names}",
            UiAction.Uncordon => $"{where} uncordon {names}",
            UiAction.Drain => $"{where} drain {names} --ignore-daemonsets --delete-emptydir-data",
            _ => $"{where} edit {resource} {names}",
        };
    }

    public static string Verb(UiAction action) => action switch
    {
        UiAction.Kill => "kill (delete without grace)",
        _ => action.ToString().ToLowerInvariant(),
    };

    private static string Replicas(TableRow row)
    {
        using var json = ObjectJson.Parse(row.Object);
        return json.RootElement.Text("spec", "replicas") ?? "1";
    }
}
