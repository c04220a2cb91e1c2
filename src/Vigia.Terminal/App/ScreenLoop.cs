using Vigia.Terminal.Commands;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <summary>The loop of the thread that draws: keys, posted changes, data, a frame, rest.</summary>
/// <remarks>
/// <b>Guarantees.</b> A key never waits for a network or for data: keys come first, data is taken in slices of a few
/// milliseconds, and a frame follows a key at once. While nothing changes nothing runs, but for a frame a second where
/// ages are shown.
/// </remarks>
internal sealed class ScreenLoop(
    AppSession session,
    ScreenControl screen,
    Painter painter,
    ClusterLinks links,
    ViewContents contents,
    KnownNames names,
    KeyContext keys,
    EffectRunner effects
)
{
    private static readonly TimeSpan KeyFrame = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan DataFrame = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AgeFrame = TimeSpan.FromSeconds(1);

    private long _lastFrame;
    private bool _hasKeys = true;
    private bool _hasData;

    // The first key that no frame has shown yet.
    private (long At, string Name) _key;

    /// <summary>Runs until somebody quits.</summary>
    public void Run()
    {
        session.Terminal.Enter();
        session.Terminal.StartReading(session.Queue.Input);
        if (session.Options.Command is { Length: > 0 } command)
        {
            var first = new List<Effect>();
            session.State = CommandLine.Run(session.State, command, keys.Current(), first) with { Back = [] };
            first.ForEach(effects.Do);
        }

        foreach (var link in links.All)
        {
            link.Start();
        }

        while (!screen.Quits)
        {
            TakeInputs();
            TakePosts();
            TakeRequests();
            var more = contents.TakeData(ref _hasData);
            _hasData |= session.TakeDocumentChanged();
            var rest = DrawWhenDue();
            if (!more && session.Queue.IsEmpty)
            {
                session.Queue.Wait(rest > TimeSpan.Zero ? rest : TimeSpan.FromMilliseconds(1));
            }
        }
    }

    private void TakeInputs()
    {
        while (session.Queue.TryTakeInput(out var input))
        {
            _key = _key.At == 0 ? (input.At, input.Input.Text) : _key;
            _hasKeys = true;
            Take(input.Input, input.At);
        }
    }

    private void TakePosts()
    {
        while (session.Queue.TryTakePost(out var change))
        {
            session.State = change(session.State);
            _hasKeys = true;
        }
    }

    private void TakeRequests()
    {
        if (screen.TakeSuspend())
        {
            session.Terminal.Suspend();
            painter.Forget();
            _hasKeys = true;
        }

        if (screen.TakeRedraw())
        {
            painter.Forget();
            _hasKeys = true;
        }
    }

    /// <summary>Draws a frame where one is due; returns how long it is until the next one.</summary>
    private TimeSpan DrawWhenDue()
    {
        var since = session.Time.GetElapsedTime(_lastFrame);
        var due =
            _hasKeys ? KeyFrame
            : _hasData ? DataFrame
            : AgeFrame;
        if (screen.Connected is not null)
        {
            // The screen belongs to a program in a container.
            (_hasKeys, _key) = (false, default);
            return AgeFrame;
        }

        if (since < due && _lastFrame != 0)
        {
            return due - since;
        }

        _lastFrame = session.Time.GetTimestamp();
        Draw();
        if (_key.At != 0)
        {
            session.Measured.Key(session.Time.GetElapsedTime(_key.At), _key.Name);
        }

        (_hasKeys, _hasData, _key) = (false, false, default);
        return AgeFrame;
    }

    private void Draw()
    {
        var (width, height) = session.Terminal.Size;
        session.State = session.State with { Width = width, Height = height };
        var context = keys.Current();
        session.State = Reducer.Settle(session.State, context);
        var statuses = links.All.Select(link => link.Status()).ToArray();
        names.Favour(statuses);
        painter.Draw(
            new ScreenContent(
                statuses,
                context.Rows,
                context.Document,
                contents.Pulse(),
                context,
                session.State.IsLight == true ? Theme.Light : Theme.Dark,
                session.Options.Depth,
                session.Time.GetUtcNow()
            )
        );
    }

    private void Take(InputEvent input, long at)
    {
        if (session.Options.Crash is { } where && input is { Kind: InputKind.Key, Text: "f12" })
        {
            Crash(where);
        }

        var before = (session.State.View as TableState)?.Filter;
        var wasSearching = session.State.Prompt is { Kind: PromptKind.Filter };
        var (state, wanted) = Reducer.Reduce(session.State, input, keys.Current());
        session.State = state;
        var content = contents.Current();
        if (state.Prompt is { Kind: PromptKind.Filter } && content.Table is { } table)
        {
            if (state.View is TableState { Filter: { } filter } && before is not null && !ReferenceEquals(filter, before))
            {
                session.Measured.Search(session.Time.GetElapsedTime(at), filter.Text, table.Total);
            }

            if (!wasSearching)
            {
                Prepare(table);
            }
        }

        foreach (var effect in wanted)
        {
            effects.Do(effect);
        }
    }

    /// <summary>Makes the texts that a search reads before its first letter: 50,000 would hold it up.</summary>
    private void Prepare(TableIndex table)
    {
        var rows = table.All.ToArray();
        session.Work.Run(token =>
        {
            for (var i = 0; i < rows.Length && !token.IsCancellationRequested; i++)
            {
                _ = rows[i].SearchText;
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>For tests alone: throws where nobody expects it, on this thread, on another, or in a task.</summary>
    private void Crash(string where)
    {
        switch (where)
        {
            case "screen":
                throw new InvalidOperationException("crashed on purpose, on the screen's thread");
            case "thread":
                var thread = new Thread(() => throw new InvalidOperationException("crashed on purpose, on a thread"));
                thread.Start();
                thread.Join();
                break;
            default:
                session.Work.Run(_ => throw new InvalidOperationException("crashed on purpose, in a task"));
                break;
        }
    }
}
