using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Records actions: their commands, their steps and their outcome.</summary>
internal sealed class ActionRecorder(AppSession session, ActionLog actions)
{
    /// <summary>Records that an action begins.</summary>
    public ActionRecord Begin(string title, ObjectEffect effect, ClusterLink link, ObjectKey[] keys)
    {
        var version = link.Feed(effect.Entry).Version ?? effect.Entry.Versions[0];
        var targets = keys.Select(key => new ActionTarget(version, key, link.Name));
        return actions.Begin(
            title,
            [.. targets.Select(target => ObjectActions.Kubectl(effect.Action, target, effect.Inputs, session.Time))]
        );
    }

    /// <summary>Runs an action; its outcome is recorded and shown.</summary>
    public void Run(ActionRecord record, Func<CancellationToken, Task<(string Said, bool IsError)>> work) =>
        session.Work.Run(async token =>
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
            session.Report(said, isError);
        });
}
