using System.Text;
using Vigia.Terminal.Actions;
using Vigia.Terminal.States;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <summary>Does what the reducers ask for. For the thread that draws; whatever waits goes to the background.</summary>
internal sealed class EffectRunner(
    AppSession session,
    ScreenControl screen,
    Painter painter,
    ClusterLinks links,
    KeyContext keys,
    ResourceSearch search,
    ObjectRunner objects,
    ActionLog actions,
    PortForwards forwards
)
{
    public void Do(Effect effect)
    {
        switch (effect)
        {
            case QuitEffect:
                screen.Quit();
                break;
            case SuspendEffect:
                screen.Suspend();
                break;
            case RedrawEffect:
                screen.Redraw();
                break;
            case CopyEffect copy:
                Copy(copy);
                break;
            case SaveEffect:
                Save();
                break;
            case ResolveEffect resolve:
                search.Resolve(resolve);
                break;
            case ContextEffect contexts:
                links.Switch(contexts.Names);
                break;
            case StopForwardEffect stop:
                StopForward(stop.Number);
                break;
            case StopActionEffect stop:
                actions.Find(stop.Number)?.Stopping.Cancel();
                break;
            case ObjectEffect action:
                objects.Act(action);
                break;
            case EditEffect edit:
                objects.Continue(edit);
                break;
        }
    }

    /// <summary>By OSC 52: into the terminal's clipboard, over ssh as well.</summary>
    private void Copy(CopyEffect copy)
    {
        session.Terminal.Write(Encoding.ASCII.GetBytes($"\e]52;c;{Convert.ToBase64String(Encoding.UTF8.GetBytes(copy.Text))}\a"));
        session.Say($"copied {copy.What}, where the terminal allows it (OSC 52)");
    }

    private void StopForward(int number) =>
        session.Work.Run(async _ =>
        {
            if (forwards.Take(number) is { } forward)
            {
                await forward.DisposeAsync();
                session.Report($"stopped forwarding {forward.LocalEndPoint}");
            }
        });

    private void Save()
    {
        var context = keys.Current();
        var (name, text) = session.State.View switch
        {
            TableState table => (
                $"vigia-{table.Entry.Name}",
                TableExport.Write(table, context.Rows, links.All.Count > 1, session.Time.GetUtcNow())
            ),
            TextState view => (
                $"vigia-{view.Kind.ToString().ToLowerInvariant()}-{view.Object.Key.Name ?? "text"}",
                string.Join('\n', context.Document.Lines.Select(line => line.Plain)) + "\n"
            ),
            _ => ("vigia", painter.Text),
        };
        var file = Path.GetFullPath($"{name}-{session.Time.GetLocalNow():yyyyMMdd-HHmmss}.txt");
        session.Work.Run(async token =>
        {
            await File.WriteAllTextAsync(file, text, token);
            session.Report($"saved {file}");
        });
    }
}
