using System.Globalization;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;
using Vigia.Kubernetes.Writing;
using Vigia.Terminal.Keys;

namespace Vigia.Terminal.Objects;

/// <summary>What keys do to objects, as actions of the cluster.</summary>
internal static class ObjectActions
{
    /// <summary>The action on one object.</summary>
    /// <param name="action">Which key.</param>
    /// <param name="target">The object.</param>
    /// <param name="input">What was typed: a number of replicas.</param>
    /// <param name="time">The clock.</param>
    public static ClusterAction Make(UiAction action, ActionTarget target, string? input, TimeProvider time) => action switch
    {
        UiAction.Delete => new DeleteAction(target),
        UiAction.Kill => new DeleteAction(target) { GracePeriodSeconds = 0 },
        UiAction.Scale => new ScaleAction(target, int.TryParse(input, NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) ? replicas : 0),
        UiAction.Restart => new RestartAction(target, time),
        UiAction.Cordon => new CordonAction(target, close: true),
        UiAction.Uncordon => new CordonAction(target, close: false),
        UiAction.Drain => new DrainAction(target, new DrainOptions { DeleteEmptyDirData = true }, time),
        _ => throw new ArgumentException($"{action} is no action on objects", nameof(action)),
    };

    /// <summary>Does it to one object after the other; returns what to say. What the server refuses is an exception with its sentence.</summary>
    public static async Task<string> RunAsync(UiAction action, KubernetesClient client, GroupVersionResource version, IReadOnlyList<ObjectKey> keys, string? input, Action<string> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var said = "";
        foreach (var key in keys)
        {
            said = await Make(action, new ActionTarget(version, key, client.Configuration.Context), input, time).RunAsync(client, new Telling(progress), cancellationToken);
        }

        return keys.Count == 1 ? said : $"{said}; and so of {keys.Count - 1} more";
    }

    /// <summary>Tells at once, on the thread that knows.</summary>
    private sealed class Telling(Action<string> progress) : IProgress<string>
    {
        public void Report(string value) => progress(value);
    }
}
