using System.Text.Json;
using Vigia.Catalog.Describing;
using Vigia.Catalog.Paths;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;
using Vigia.Terminal.Commands;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Reducers;

/// <summary>From an object to what belongs to it.</summary>
internal static class DrillDown
{
    /// <summary>What enter does: what a kind is there for.</summary>
    public static AppState Open(AppState state, TableState table, TableRow row, ReducerContext context, List<Effect> effects)
    {
        var (obj, cluster) = (row.Object, row.Key.Cluster);
        using var json = ObjectJson.Parse(obj);
        var root = json.RootElement;
        var title = $"{table.Entry.Kind.ToLowerInvariant()} {obj.Key}";
        switch (table.Entry.KnownKind)
        {
            case "Pod":
                return Navigation.OpenText(state, table, row, TextKind.Logs);
            case "Deployment"
            or "StatefulSet"
            or "DaemonSet"
            or "ReplicaSet"
            or "Job"
            or "PodDisruptionBudget" when SelectorText.Parse(root.At("spec", "selector")) is { } selector:
                return Pods(state, context, new RowScope(title, cluster, obj.Namespace, Selector: selector));
            case "Service" when root.At("spec", "selector") is { ValueKind: JsonValueKind.Object } labels:
                return Pods(
                    state,
                    context,
                    new RowScope(
                        title,
                        cluster,
                        obj.Namespace,
                        Selector: LabelSelector.Parse(
                            string.Join(',', labels.EnumerateObject().Select(label => $"{label.Name}={label.Value.GetString()}"))
                        )
                    )
                );
            case "CronJob":
                return Navigation.OpenTable(
                    state,
                    context.Catalog.Find("jobs")!,
                    obj.Namespace,
                    scope: new RowScope(title, cluster, obj.Namespace, OwnerUids: new HashSet<string> { obj.Uid })
                );
            case "DaskCluster":
                return Pods(
                    state,
                    context,
                    new RowScope(title, cluster, obj.Namespace, Selector: LabelSelector.Parse($"dask.org/cluster-name={obj.Name}"))
                );
            case "Node":
                return Pods(state, context, new RowScope(title, cluster, ColumnKey: "node", ColumnText: obj.Name));
            case "Namespace":
                return Navigation.OpenTable(CommandLine.Remember(state, obj.Name), context.Catalog.Find("pods")!, obj.Name);
            case "CustomResourceDefinition":
                effects.Add(new ResolveEffect(obj.Name, Navigation.CurrentNamespace(state), ""));
                return state;
            case "Event":
                return Involved(state, obj, cluster, context, effects);
            case "ConfigMap" or "Secret":
                return Navigation.OpenText(state, table, row, TextKind.Yaml);
            default:
                return Navigation.OpenText(state, table, row, TextKind.Describe);
        }
    }

    /// <summary>To the owner: the one that manages it, else the first.</summary>
    public static AppState Owner(AppState state, TableRow row, ReducerContext context, List<Effect> effects)
    {
        var owner =
            row.Object.Owners.FirstOrDefault(owner => owner.IsController) ?? (row.Object.Owners.Count > 0 ? row.Object.Owners[0] : null);
        return owner is null
            ? Toasts.Say(state, $"{row.Object.Name} has no owner", context)
            : GoTo(state, owner.Kind, owner.ApiVersion, row.Object.Namespace, owner.Name, row.Key.Cluster, context, effects);
    }

    public static AppState Node(AppState state, TableRow row, ReducerContext context)
    {
        using var json = ObjectJson.Parse(row.Object);
        return json.RootElement.Text("spec", "nodeName") is { } node
            ? Navigation.OpenTable(state, context.Catalog.Find("nodes")!, null, selected: new RowKey(row.Key.Cluster, new("", node)))
            : Toasts.Say(state, $"{row.Object.Name} is on no node yet", context);
    }

    /// <summary>The pods that name an object.</summary>
    public static AppState UsedBy(AppState state, TableState table, TableRow row, ReducerContext context) =>
        Pods(
            state,
            context,
            new RowScope(
                $"users of {table.Entry.Kind.ToLowerInvariant()} {row.Object.Key}",
                row.Key.Cluster,
                row.Object.Namespace,
                Uses: (table.Entry.KnownKind, row.Object.Name)
            )
        );

    private static AppState Involved(AppState state, RawObject e, int cluster, ReducerContext context, List<Effect> effects)
    {
        var about = EventAbout.Of(e);
        return about.Kind.Length > 0 && about.Name.Length > 0
            ? GoTo(
                state,
                about.Kind,
                about.ApiVersion.Length > 0 ? about.ApiVersion : "v1",
                about.Namespace,
                about.Name,
                cluster,
                context,
                effects
            )
            : Toasts.Say(state, "the event names no object", context);
    }

    private static AppState GoTo(
        AppState state,
        string kind,
        string apiVersion,
        string ns,
        string name,
        int cluster,
        ReducerContext context,
        List<Effect> effects
    )
    {
        // The group decides: an owner may be of a kind that has the name of a built-in one.
        if (References.EntryOf(context.Catalog, apiVersion, kind) is not { } entry)
        {
            var group = apiVersion.Contains('/', StringComparison.Ordinal) ? "." + apiVersion.Split('/')[0] : "";
            effects.Add(new ResolveEffect($"{kind}{group}".ToLowerInvariant(), ns, name));
            return state;
        }

        return Navigation.OpenTable(
            state,
            entry,
            entry.Namespaced ? ns : null,
            selected: new RowKey(cluster, new(entry.Namespaced ? ns : "", name))
        );
    }

    private static AppState Pods(AppState state, ReducerContext context, RowScope scope) =>
        Navigation.OpenTable(state, context.Catalog.Find("pods")!, scope.Namespace, scope: scope);
}
