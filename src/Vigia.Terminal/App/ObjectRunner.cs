using System.Globalization;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Runs actions on objects, beside the drawing; each is recorded with its outcome.</summary>
internal sealed class ObjectRunner(
    AppSession session,
    ClusterLinks links,
    ActionRecorder recorder,
    PortForwards forwards,
    ContainerConnections connections,
    ObjectEdits edits
)
{
    public void Act(ObjectEffect effect)
    {
        foreach (var group in effect.Objects.GroupBy(key => key.Cluster))
        {
            if (links.Find(group.Key) is not { } link)
            {
                continue;
            }

            ObjectKey[] keys = [.. group.Select(key => key.Key)];
            switch (effect.Action)
            {
                case UiAction.Edit:
                    edits.Begin(effect, link, keys[0]);
                    break;
                case UiAction.Shell or UiAction.Attach:
                    connections.Connect(effect, link, keys[0]);
                    break;
                default:
                    Run(effect, link, keys);
                    break;
            }
        }
    }

    private void Run(ObjectEffect effect, ClusterLink link, ObjectKey[] keys)
    {
        var what =
            $"{ActionDialogs.Verb(effect.Action)} "
            + $"{(keys.Length == 1 ? keys[0] : ObjectActions.Count(keys.Length, effect.Entry.Kind, effect.Entry.Name))}";
        var record = recorder.Begin(what, effect, link, keys);
        session.State =
            effect.Action == UiAction.Drain
                ? Navigation.Open(
                    session.State with
                    {
                        Toast = null,
                    },
                    id => new TextState(id, TextKind.Action, what)
                    {
                        Number = record.Number,
                        Follows = true,
                        Wraps = true,
                    }
                )
                : Toasts.Say(session.State, $"{what}…", session.Time.GetUtcNow());
        recorder.Run(
            record,
            async token =>
                effect.Action == UiAction.PortForward
                    ? (await ForwardAsync(link, keys[0], effect.Inputs, token), false)
                    : await ActionRun.RunAsync(effect.Action, link, effect.Entry, keys, effect.Inputs, record, session.Time, token)
        );
    }

    /// <summary>Continues an edit that waited for an answer.</summary>
    public void Continue(EditEffect edit) => edits.Continue(edit);

    private async Task<string> ForwardAsync(
        ClusterLink link,
        ObjectKey pod,
        IReadOnlyDictionary<string, string> inputs,
        CancellationToken cancellationToken
    )
    {
        var client = new PortForwardClient(link.Client, session.Time);
        var options = ObjectActions.Forward(pod, inputs);
        var wished = inputs.GetValueOrDefault(ActionInputs.LocalPort) is { Length: > 0 };
        PortForward forward;
        try
        {
            forward = await client.StartAsync(options, cancellationToken);
        }
        catch (IOException) when (!wished)
        {
            // Nobody asked for this very number: any will do.
            forward = await client.StartAsync(options with { LocalPort = 0 }, cancellationToken);
        }
        catch (KubernetesApiException refused) when (refused.IsForbidden)
        {
            throw new InvalidOperationException(
                ObjectActions.Explain(
                    refused,
                    new(KnownResources.Pods, pod, link.Name),
                    [new("create", "pods/portforward"), new("get", "pods/portforward")]
                ),
                refused
            );
        }

        forward.Failed += why => session.Report($"{forward.LocalEndPoint}: {why}", isError: true);
        forwards.Add(link.Name, forward);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"forwarding {forward.LocalEndPoint} → port {options.PodPort} of {pod}; :pf lists and ends them"
        );
    }
}
