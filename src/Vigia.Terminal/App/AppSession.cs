using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.App;

/// <summary>The state of a session and the ways to change it, shared by the parts of the app.</summary>
internal sealed class AppSession : IDisposable
{
    private volatile bool _documentChanged;

    public AppSession(ITerminal terminal, TopOptions options, TimeProvider time)
    {
        (Terminal, Options, Time) = (terminal, options, time);
        Measured = new Measurements(time);
        Queue = new ScreenQueue(time);
        Work = new BackgroundWork(message => Report(message, isError: true));
        State = new AppState
        {
            View = new TableState(0, options.Catalog.Find("pods")!)
            {
                Namespace = options.Namespace,
                Filter = new RowFilter("", options.Namespace),
            },
            IsReadOnly = options.IsReadOnly,
            IsLight = options.IsLight,
            Contexts = [.. options.Clusters.Select(cluster => cluster.Context)],
            Favourites = [.. options.Favourites.Take(9)],
        };
    }

    public ITerminal Terminal { get; }

    public TopOptions Options { get; }

    public TimeProvider Time { get; }

    public Measurements Measured { get; }

    /// <summary>The way to the thread that draws.</summary>
    public ScreenQueue Queue { get; }

    /// <summary>Work beside the drawing.</summary>
    public BackgroundWork Work { get; }

    /// <summary>The state. For the thread that draws alone; others post to <see cref="Queue"/>.</summary>
    public AppState State { get; set; }

    /// <summary>Shows a message. For the thread that draws.</summary>
    public void Say(string text, bool isError = false) => State = Toasts.Say(State, text, Time.GetUtcNow(), isError);

    /// <summary>Shows a message; from any thread.</summary>
    public void Report(string text, bool isError = false) => Queue.Post(state => Toasts.Say(state, text, Time.GetUtcNow(), isError));

    /// <summary>A text on the screen may have changed; from any thread.</summary>
    public void DocumentChanged()
    {
        _documentChanged = true;
        Queue.Wake();
    }

    /// <summary>True once after <see cref="DocumentChanged"/>.</summary>
    public bool TakeDocumentChanged()
    {
        var changed = _documentChanged;
        _documentChanged = false;
        return changed;
    }

    /// <summary>Call when nothing can post any more; <see cref="Work"/> is the caller's to end before.</summary>
    public void Dispose() => Queue.Dispose();
}
