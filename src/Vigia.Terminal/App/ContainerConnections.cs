using Vigia.Kubernetes;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Gives the terminal to programs in containers.</summary>
internal sealed class ContainerConnections(AppSession session, ScreenControl screen, ActionRecorder recorder)
{
    /// <summary>Gives the terminal to a shell or the main program of a container, until that ends.</summary>
    public void Connect(ObjectEffect effect, ClusterLink link, ObjectKey pod)
    {
        var attaches = effect.Action == UiAction.Attach;
        var what = $"{ActionDialogs.Verb(effect.Action)} {pod}";
        var record = recorder.Begin(what, effect, link, [pod]);
        session.Say($"{what}…");
        recorder.Run(
            record,
            async token =>
            {
                var connected = new ContainerTerminal(session.Terminal, () => session.Terminal.Size);
                try
                {
                    return (
                        await connected.RunAsync(
                            link.Client,
                            pod,
                            effect.Inputs.GetValueOrDefault(ActionInputs.Container),
                            attaches,
                            Stopped,
                            token
                        ),
                        false
                    );
                }
                catch (KubernetesApiException refused) when (refused.IsForbidden)
                {
                    var part = attaches ? "pods/attach" : "pods/exec";
                    throw new InvalidOperationException(
                        ObjectActions.Explain(refused, new(KnownResources.Pods, pod, link.Name), [new("create", part), new("get", part)]),
                        refused
                    );
                }
                finally
                {
                    session.Queue.Post(state =>
                    {
                        screen.Connected = null;
                        screen.Redraw();
                        return state;
                    });
                }

                Task Stopped()
                {
                    var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    session.Queue.Post(state =>
                    {
                        screen.Connected = connected;
                        stopped.SetResult();
                        return state;
                    });
                    return stopped.Task;
                }
            }
        );
    }
}
