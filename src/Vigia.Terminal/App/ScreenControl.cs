using Vigia.Terminal.Actions;

namespace Vigia.Terminal.App;

/// <summary>Who has the terminal, and what is to happen to it: quit, stop, draw again.</summary>
internal sealed class ScreenControl(AppSession session)
{
    private volatile bool _quits;
    private volatile bool _redraws;
    private volatile bool _edits;
    private bool _suspends;

    /// <summary>True once the program is to end.</summary>
    public bool Quits => _quits;

    /// <summary>The program in a container that has the terminal; null for none. For the thread that draws.</summary>
    public ContainerTerminal? Connected { get; set; }

    /// <summary>Ends the program; from any thread.</summary>
    public void Quit()
    {
        _quits = true;
        session.Queue.Wake();
    }

    /// <summary>Forgets the screen's contents and draws all of them; from any thread.</summary>
    public void Redraw()
    {
        _redraws = true;
        session.Queue.Wake();
    }

    /// <summary>True once after <see cref="Redraw"/>.</summary>
    public bool TakeRedraw()
    {
        var redraws = _redraws;
        _redraws = false;
        return redraws;
    }

    /// <summary>Stops the process at the loop's next turn. For the thread that draws.</summary>
    public void Suspend() => _suspends = true;

    /// <summary>The same from any thread; false while an editor has the terminal.</summary>
    public bool TrySuspend()
    {
        if (_edits)
        {
            return false;
        }

        session.Queue.Post(state =>
        {
            Suspend();
            return state;
        });
        return true;
    }

    /// <summary>True once after <see cref="Suspend"/>.</summary>
    public bool TakeSuspend()
    {
        var suspends = _suspends;
        _suspends = false;
        return suspends;
    }

    /// <summary>Gives the terminal to an editor until that ends. For the thread that draws: it waits here.</summary>
    public string? Edit(EditSession edit)
    {
        _edits = true;
        session.Terminal.Leave();
        var outcome = edit.RunEditor(() => _quits);
        session.Terminal.Enter();
        _edits = false;
        Redraw();
        return outcome;
    }
}
