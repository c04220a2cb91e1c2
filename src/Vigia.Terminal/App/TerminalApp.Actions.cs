using System.Globalization;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <content>What is done to objects.</content>
internal sealed partial class TerminalApp
{
    private void Act(ObjectEffect effect)
    {
        foreach (var group in effect.Objects.GroupBy(key => key.Cluster))
        {
            if (_links.FirstOrDefault(link => link.Number == group.Key) is not { } link)
            {
                continue;
            }

            ObjectKey[] keys = [.. group.Select(key => key.Key)];
            switch (effect.Action)
            {
                case UiAction.Edit:
                    Edit(effect, link, keys[0]);
                    break;
                case UiAction.Shell or UiAction.Attach:
                    Connect(effect, link, keys[0]);
                    break;
                default:
                    Run(effect, link, keys);
                    break;
            }
        }
    }

    /// <summary>Does it beside the drawing; what happens is noted, what it led to is said.</summary>
    private void Run(ObjectEffect effect, ClusterLink link, ObjectKey[] keys)
    {
        var what =
            $"{ActionDialogs.Verb(effect.Action)} "
            + $"{(keys.Length == 1 ? keys[0] : ObjectActions.Count(keys.Length, effect.Entry.Kind, effect.Entry.Name))}";
        var record = Begin(what, effect, link, keys);
        _state =
            effect.Action == UiAction.Drain
                ? Navigation.Open(
                    _state with
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
                : Toasts.Say(_state, $"{what}…", _time.GetUtcNow());
        Background(
            record,
            async token =>
                effect.Action == UiAction.PortForward
                    ? (await ForwardAsync(link, keys[0], effect.Inputs, token), false)
                    : await ActionRun.RunAsync(effect.Action, link, effect.Entry, keys, effect.Inputs, record, _time, token)
        );
    }

    private ActionRecord Begin(string title, ObjectEffect effect, ClusterLink link, ObjectKey[] keys)
    {
        var version = link.Feed(effect.Entry).Version ?? effect.Entry.Versions[0];
        return _actions.Begin(
            title,
            [.. keys.Select(key => ObjectActions.Kubectl(effect.Action, new ActionTarget(version, key, link.Name), effect.Inputs, _time))]
        );
    }

    /// <summary>Runs something that is noted; what came of it is said on the screen.</summary>
    private void Background(ActionRecord record, Func<CancellationToken, Task<(string Said, bool IsError)>> work) =>
        Background(async token =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(token, record.Stopping.Token);
            var (said, isError) = ("", true);
            try
            {
                (said, isError) = await work(either.Token);
            }
            catch (OperationCanceledException) when (record.Stopping.IsCancellationRequested)
            {
                said = "stopped; what has been done stays done";
            }
            catch (Exception error)
                when (error
                        is KubernetesApiException
                            or KubernetesConnectionException
                            or CredentialException
                            or InvalidOperationException
                            or IOException
                )
            {
                said = error.Message;
            }

            record.End(said, isError);
            Post(state => Toasts.Say(state, said, _time.GetUtcNow(), isError));
        });

    private async Task<string> ForwardAsync(
        ClusterLink link,
        ObjectKey pod,
        IReadOnlyDictionary<string, string> inputs,
        CancellationToken cancellationToken
    )
    {
        var client = new PortForwardClient(link.Client, _time);
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

        forward.Failed += why => Post(state => Toasts.Say(state, $"{forward.LocalEndPoint}: {why}", _time.GetUtcNow(), isError: true));
        _forwards.Add(link.Name, forward);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{forward.LocalEndPoint} leads to port {options.PodPort} of {pod}; :pf lists and ends them"
        );
    }

    /// <summary>Gives the terminal to a program in a container, until that ends.</summary>
    private void Connect(ObjectEffect effect, ClusterLink link, ObjectKey pod)
    {
        var attaches = effect.Action == UiAction.Attach;
        var what = $"{ActionDialogs.Verb(effect.Action)} {pod}";
        var record = Begin(what, effect, link, [pod]);
        _state = Toasts.Say(_state, $"{what}…", _time.GetUtcNow());
        Background(
            record,
            async token =>
            {
                var session = new ContainerTerminal(_terminal, () => _terminal.Size);
                try
                {
                    return (
                        await session.RunAsync(
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
                    Post(state =>
                    {
                        (_connected, _shown) = (null, null);
                        return state;
                    });
                }

                Task Stopped()
                {
                    var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    Post(state =>
                    {
                        _connected = session;
                        stopped.SetResult();
                        return state;
                    });
                    return stopped.Task;
                }
            }
        );
    }

    private void Edit(ObjectEffect effect, ClusterLink link, ObjectKey key)
    {
        _state = Toasts.Say(_state, $"edit {key}…", _time.GetUtcNow());
        Background(async token =>
        {
            EditSession session;
            try
            {
                session = await EditSession.BeginAsync(link, effect.Entry, key, token);
            }
            catch (KubernetesApiException refused) when (refused.IsForbidden)
            {
                var target = new ActionTarget(effect.Entry.Versions[0], key, link.Name);
                throw new InvalidOperationException(
                    ObjectActions.Explain(refused, target, [new("get", target.Resource.GroupResource)]),
                    refused
                );
            }

            OpenEditor(session, _actions.Begin($"edit {session.Title}", [session.Kubectl]));
        });
    }

    /// <summary>Gives the terminal to the editor; nothing is drawn until it ends.</summary>
    private void OpenEditor(EditSession session, ActionRecord record) =>
        Post(state =>
        {
            _edits = true;
            _terminal.Leave();
            var outcome = session.RunEditor(() => _quits);
            _terminal.Enter();
            _edits = false;
            _shown = null;
            Background(async token => Take(session, record, await session.FinishAsync(outcome, token)));
            return state;
        });

    /// <summary>
    /// What became of an edit: it is done, goes on in the editor, or asks whether fields of others are to be taken
    /// over.
    /// </summary>
    private void Take(EditSession session, ActionRecord record, EditResult result)
    {
        if (result.IsAgain)
        {
            record.Tell(result.Text);
            OpenEditor(session, record);
            return;
        }

        if (result.Conflicts is { Count: > 0 } conflicts)
        {
            record.Tell(result.Text);
            _editing = (session, record, result.Text);
            Post(state => state with { Dialog = EditDialogs.Conflict(session, conflicts) });
            return;
        }

        record.End(result.Text, result.IsError);
        Post(state => Toasts.Say(state, result.Text, _time.GetUtcNow(), result.IsError));
    }

    private void GoOn(EditEffect edit)
    {
        var (session, record, reason) = _editing;
        Background(async token => Take(session!, record!, await session!.GoOnAsync(edit.Step, reason, token)));
    }
}
