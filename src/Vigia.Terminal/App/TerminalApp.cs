using Vigia.Kubernetes;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.App;

/// <summary>The terminal UI, composed of its parts: one thread draws, everything that waits is elsewhere.</summary>
internal sealed class TerminalApp : IAsyncDisposable
{
    private readonly AppSession _session;
    private readonly ScreenControl _screen;
    private readonly ClusterLinks _links;
    private readonly ViewContents _contents;
    private readonly PortForwards _forwards = new();
    private readonly ScreenLoop _loop;
    private Task _running = Task.CompletedTask;

    public TerminalApp(ITerminal terminal, TopOptions options, TimeProvider time)
    {
        _session = new AppSession(terminal, options, time);
        _screen = new ScreenControl(_session);
        _links = new ClusterLinks(_session);
        foreach (var cluster in options.Clusters)
        {
            _links.Add(new KubernetesClient(cluster));
        }

        var painter = new Painter(_session);
        var actions = new ActionLog(time, _session.DocumentChanged);
        var names = new KnownNames(_session, _links);
        _contents = new ViewContents(_session, _links, new DocumentSources(_session, _links, actions, _forwards));
        var keys = new KeyContext(_session, _contents, names);
        var recorder = new ActionRecorder(_session, actions);
        var objects = new ObjectRunner(
            _session,
            _links,
            recorder,
            _forwards,
            new ContainerConnections(_session, _screen, recorder),
            new ObjectEdits(_session, _screen, actions)
        );
        var search = new ResourceSearch(_session, _links, names);
        var effects = new EffectRunner(_session, _screen, painter, _links, keys, search, objects, actions, _forwards);
        _loop = new ScreenLoop(_session, _screen, painter, _links, _contents, names, keys, effects);
    }

    /// <summary>Takes the terminal over and runs until somebody quits or the token ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(Stop);
        var thread = new Thread(() =>
        {
            try
            {
                _loop.Run();
                _session.Terminal.Leave();
                done.SetResult();
            }
            catch (Exception error)
            {
                // Given back first, so that the error can be read.
                _session.Terminal.Leave();
                done.SetException(error);
            }
        })
        {
            Name = "screen",
            IsBackground = true,
        };
        _running = done.Task;
        thread.Start();
        await done.Task;
    }

    /// <summary>Ends the loop; from any thread.</summary>
    public void Stop() => _screen.Quit();

    /// <summary>The terminal has another size, or the process goes on after it was stopped; from any thread.</summary>
    public void Resized() =>
        _session.Queue.Post(state =>
        {
            _screen.Connected?.Resized();
            return state;
        });

    /// <summary>The process is to stop, as by the shell's ctrl-z; from any thread.</summary>
    /// <returns>
    /// False where the terminal is an editor's: then the process is to stop as it is, with the editor.
    /// </returns>
    public bool Suspend() => _screen.TrySuspend();

    /// <summary>Draws everything again; from any thread.</summary>
    public void Redraw() => _screen.Redraw();

    public void Input(InputEvent input) => _session.Queue.Input(input);

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _session.Work.StopAsync();
        await _contents.DisposeAsync();
        await _session.Work.DisposeAsync();
        await _forwards.DisposeAsync();
        await _links.DisposeAsync();
        if (_session.Options.Measurements is { } file)
        {
            await File.WriteAllTextAsync(file, _session.Measured.Write());
        }

        _session.Dispose();
    }
}
