using Vigia.Catalog.Paths;
using Vigia.Kubernetes.Workloads;
using Vigia.Kubernetes.Workloads.Exec;
using Vigia.Terminal.Keys;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.Actions;

/// <summary>
/// The questions before something happens to a cluster, with the kubectl command that would do the same, as what is
/// filled in changes it.
/// </summary>
internal static class ActionDialogs
{
    private const int MostObjects = 3;
    private static readonly string[] NoYes = ["no", "yes"];

    public static DialogState Ask(UiAction action, TableState table, IReadOnlyList<TableRow> rows)
    {
        var kind = table.Entry.Kind.ToLowerInvariant();
        var title = $"{Verb(action)} {(rows.Count == 1 ? $"{kind} {rows[0].Object.Key}" : $"{rows.Count} {table.Entry.Name}")}";
        var effect = new ObjectEffect(action, table.Entry, [.. rows.Select(row => row.Key)]);
        ActionTarget[] targets =
        [
            .. rows.Take(MostObjects).Select(row => new ActionTarget(table.Entry.Versions[0], row.Object.Key, row.Cluster)),
        ];
        var fields = Fields(action, rows[0]);
        var connects = action is UiAction.Shell or UiAction.Attach;
        return new(
            title,
            inputs => Describe(action, targets, rows.Count, inputs),
            connects ? [new("y", "connect", effect), new("n", "no")] : [new("y", "yes", effect), new("n", "no")]
        )
        {
            Fields = fields,

            // What is typed first has the keys; where there is nothing to be typed, no is the default, but
            // where nothing is lost.
            Focus =
                fields is [{ Options: null } or { IsList: true }, ..] && action is not UiAction.Drain
                    ? 0
                    : fields.Count + (connects ? 0 : 1),
        };
    }

    public static string Verb(UiAction action) =>
        action switch
        {
            UiAction.Kill => "kill at once, without grace:",
            UiAction.PortForward => "forward a port to",
            UiAction.Shell => "shell in",
            UiAction.Attach => "attach to",
            _ => action.ToString().ToLowerInvariant(),
        };

    private static DialogText Describe(UiAction action, ActionTarget[] targets, int count, IReadOnlyDictionary<string, string> inputs)
    {
        try
        {
            string[] lines = [.. targets.Select(target => "$ " + ObjectActions.Kubectl(action, target, inputs, TimeProvider.System))];
            return new(count > targets.Length ? [.. lines, $"and so for {count - targets.Length} more"] : lines);
        }
        catch (ArgumentException problem)
        {
            return new([], problem.Message.Split(" (Parameter", StringSplitOptions.None)[0]);
        }
    }

    private static IReadOnlyList<DialogField> Fields(UiAction action, TableRow row)
    {
        using var json = ObjectJson.Parse(row.Object);
        var root = json.RootElement;
        switch (action)
        {
            case UiAction.Scale:
                return [new(ActionInputs.Replicas, "replicas", root.Text("spec", "replicas") ?? "1") { IsNumber = true }];
            case UiAction.Delete:
                return
                [
                    new(ActionInputs.Cascade, "cascade", "background", ["background", "foreground", "orphan"]),
                    new(ActionInputs.Grace, "grace period, seconds (empty: default)", "") { IsNumber = true },
                    new(ActionInputs.Force, "force (do not wait for the kubelet)", "no", NoYes),
                ];
            case UiAction.Drain:
                return
                [
                    new(ActionInputs.Grace, "grace period, seconds (empty: default)", "") { IsNumber = true },
                    new(ActionInputs.Timeout, "timeout, seconds (empty: none)", "") { IsNumber = true },
                    new(ActionInputs.EmptyDir, "delete emptyDir data", "no", NoYes),
                    new(ActionInputs.Force, "pods without a controller (--force)", "no", NoYes),
                    new(ActionInputs.DaemonSets, "ignore DaemonSet pods", "yes", NoYes),
                ];
            case UiAction.PortForward:
                var port =
                    root.At("spec", "containers")
                        .Items()
                        .SelectMany(container => container.At("ports").Items())
                        .Select(item => item.Text("containerPort"))
                        .FirstOrDefault(text => text is not null)
                    ?? "80";
                return
                [
                    new(ActionInputs.Port, "the pod's port", port) { IsNumber = true },
                    new(ActionInputs.LocalPort, "local port (empty: the same; 0: a free one)", "") { IsNumber = true },
                ];
            case UiAction.Shell or UiAction.Attach:
                string[] names =
                [
                    .. PodContainers.Names(root, "containers"),
                    .. PodContainers.Names(root, "ephemeralContainers"),
                    .. PodContainers.Names(root, "initContainers").Where(name => IsRunning(root, name)),
                ];
                return names.Length < 2
                    ? []
                    : [new(ActionInputs.Container, "container", PodContainers.Default(root) ?? names[0], names) { IsList = true }];
            default:
                return [];
        }
    }

    private static bool IsRunning(System.Text.Json.JsonElement pod, string name) =>
        pod.At("status", "initContainerStatuses")
            .Items()
            .Any(status => status.Text("name") == name && status.At("state", "running").ValueKind == System.Text.Json.JsonValueKind.Object);
}
