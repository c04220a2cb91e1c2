using Vigia.Kubernetes;
using Vigia.Kubernetes.Workloads;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Loading;
using Vigia.Terminal.States;

namespace Vigia.Terminal.App;

/// <summary>Edits of objects in the user's editor. One at a time, since an editor has the whole terminal.</summary>
internal sealed class ObjectEdits(AppSession session, ScreenControl screen, ActionLog actions)
{
    // The edit that waits for an answer.
    private (EditSession? Edit, ActionRecord? Record, string Reason) _waiting;

    /// <summary>Reads the object and opens the editor.</summary>
    public void Begin(ObjectEffect effect, ClusterLink link, ObjectKey key)
    {
        session.Say($"edit {key}…");
        session.Work.Run(async token =>
        {
            EditSession edit;
            try
            {
                edit = await EditSession.BeginAsync(link, effect.Entry, key, token);
            }
            catch (KubernetesApiException refused) when (refused.IsForbidden)
            {
                var target = new ActionTarget(effect.Entry.Versions[0], key, link.Name);
                throw new InvalidOperationException(
                    ObjectActions.Explain(refused, target, [new("get", target.Resource.GroupResource)]),
                    refused
                );
            }

            OpenEditor(edit, actions.Begin($"edit {edit.Title}", [edit.Kubectl]));
        });
    }

    /// <summary>Continues an edit that waited for an answer.</summary>
    public void Continue(EditEffect effect)
    {
        var (edit, record, reason) = _waiting;
        session.Work.Run(async token => Take(edit!, record!, await edit!.GoOnAsync(effect.Step, reason, token)));
    }

    /// <summary>Gives the terminal to the editor; nothing is drawn until it ends.</summary>
    private void OpenEditor(EditSession edit, ActionRecord record) =>
        session.Queue.Post(state =>
        {
            var outcome = screen.Edit(edit);
            session.Work.Run(async token => Take(edit, record, await edit.FinishAsync(outcome, token)));
            return state;
        });

    /// <summary>An edit is done, goes on in the editor, or asks whether to take over fields of others.</summary>
    private void Take(EditSession edit, ActionRecord record, EditResult result)
    {
        if (result.IsAgain)
        {
            record.Tell(result.Text);
            OpenEditor(edit, record);
            return;
        }

        if (result.Conflicts is { Count: > 0 } conflicts)
        {
            record.Tell(result.Text);
            _waiting = (edit, record, result.Text);
            session.Queue.Post(state => state with { Dialog = EditDialogs.Conflict(edit, conflicts) });
            return;
        }

        record.End(result.Text, result.IsError);
        session.Report(result.Text, result.IsError);
    }
}
