using System.Globalization;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Keys;

namespace Vigia.Terminal.Actions;

/// <summary>What keys do to objects, as actions of the cluster.</summary>
internal static class ObjectActions
{
    /// <summary>The action on one object.</summary>
    /// <param name="action">Which key.</param>
    /// <param name="target">The object.</param>
    /// <param name="inputs">What was filled in.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">What was filled in cannot be done: the message says why.</exception>
    public static ClusterAction Make(UiAction action, ActionTarget target, IReadOnlyDictionary<string, string> inputs, TimeProvider time) =>
        action switch
        {
            UiAction.Delete => new DeleteAction(target)
            {
                Propagation = Enum.TryParse<Propagation>(inputs.GetValueOrDefault(ActionInputs.Cascade), ignoreCase: true, out var cascade)
                    ? cascade
                    : Propagation.Background,
                GracePeriodSeconds = inputs.IsYes(ActionInputs.Force) ? 0 : inputs.Number(ActionInputs.Grace, 0, 86_400),
            },
            UiAction.Kill => new DeleteAction(target) { GracePeriodSeconds = 0 },
            UiAction.Scale => new ScaleAction(
                target,
                inputs.Number(ActionInputs.Replicas, 0, 1_000_000) ?? throw new ArgumentException("how many replicas?", nameof(inputs))
            ),
            UiAction.Restart => new RestartAction(target, time),
            UiAction.Cordon => new CordonAction(target, close: true),
            UiAction.Uncordon => new CordonAction(target, close: false),
            UiAction.Drain => new DrainAction(target, Drain(inputs), time),
            _ => throw new ArgumentException($"{action} is no action on objects", nameof(action)),
        };

    /// <summary>
    /// Which port is to lead where; the local one is the same where it was left out and one may have it.
    /// </summary>
    /// <exception cref="ArgumentException">It is no port.</exception>
    public static PortForwardOptions Forward(ObjectKey pod, IReadOnlyDictionary<string, string> inputs)
    {
        var port = inputs.Number(ActionInputs.Port, 1, 65_535) ?? throw new ArgumentException("which port of the pod?", nameof(inputs));
        return new(pod, port) { LocalPort = inputs.Number(ActionInputs.LocalPort, 0, 65_535) ?? (port >= 1024 ? port : 0) };
    }

    /// <summary>The command that does the same as an action on one object.</summary>
    public static string Kubectl(UiAction action, ActionTarget target, IReadOnlyDictionary<string, string> inputs, TimeProvider time)
    {
        var container = inputs.GetValueOrDefault(ActionInputs.Container) is { Length: > 0 } name ? "--container=" + name : "";
        return action switch
        {
            UiAction.PortForward => Forward(target.Key, inputs).Kubectl(target.Context),
            UiAction.Shell => target.Kubectl("exec -it", target.Key.Name, container, "--", "sh"),
            UiAction.Attach => target.Kubectl("attach -it", target.Key.Name, container),
            _ => Make(action, target, inputs, time).Kubectl,
        };
    }

    /// <summary>
    /// What went wrong, and where it is a right that is missing: which, and how to see that with kubectl.
    /// </summary>
    public static string Explain(Exception error, ActionTarget target, IReadOnlyList<NeededRight> rights)
    {
        if (error is not KubernetesApiException { IsForbidden: true } || rights.Count == 0)
        {
            return error.Message;
        }

        var where = target.Key.Namespace.Length == 0 ? "" : $" in namespace {target.Key.Namespace}";
        var verb = $"auth can-i {rights[0].Verb}";
        return $"{error.Message.TrimEnd('.')}. Needed{where}: "
            + $"{string.Join(", ", rights.Select(right => $"{right.Verb} {right.Resource}"))} (kubectl "
            + $"{(target.Context is null ? "" : $"--context={target.Context} ")}{verb} "
            + $"{CanI(rights[0].Resource)}{(target.Key.Namespace.Length == 0 ? "" : " -n " + target.Key.Namespace)})";
    }

    /// <summary>
    /// A resource as <c>kubectl auth can-i</c> takes it: <c>deployments.apps --subresource=scale</c>.
    /// </summary>
    private static string CanI(string resource)
    {
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return resource;
        }

        var dot = resource.IndexOf('.', slash);
        var (name, part, group) = (
            resource[..slash],
            dot < 0 ? resource[(slash + 1)..] : resource[(slash + 1)..dot],
            dot < 0 ? "" : resource[dot..]
        );
        return $"{name}{group} --subresource={part}";
    }

    private static DrainOptions Drain(IReadOnlyDictionary<string, string> inputs) =>
        new()
        {
            Force = inputs.IsYes(ActionInputs.Force),
            DeleteEmptyDirData = inputs.IsYes(ActionInputs.EmptyDir),
            IgnoreDaemonSets = inputs.GetValueOrDefault(ActionInputs.DaemonSets) != "no",
            GracePeriodSeconds = inputs.Number(ActionInputs.Grace, 0, 86_400),
            Timeout = inputs.Number(ActionInputs.Timeout, 1, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };

    /// <summary>A number as people read it.</summary>
    public static string Count(int count, string one, string many) =>
        count == 1 ? $"1 {one}" : string.Create(CultureInfo.InvariantCulture, $"{count} {many}");
}
