using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Vigia.Kubernetes;
using Vigia.Terminal.Actions;
using Vigia.Terminal.Commands;
using Vigia.Terminal.Loading;
using Vigia.Terminal.Reducers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.States;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <summary>
/// The terminal UI: one thread that takes keys, takes over what changed, and draws; everything that waits is elsewhere.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> A key never waits for a network or for data: keys come first, data is taken in slices of a few
/// milliseconds, and a frame follows a key at once. While nothing changes nothing runs, but for a frame a second where
/// ages are shown.
/// </remarks>
internal sealed partial class TerminalApp : IAsyncDisposable
{
    // Of a thread that must answer keys within 50 ms: data gets this much at a time.
    private static readonly TimeSpan DataSlice = TimeSpan.FromMilliseconds(6);
    private static readonly TimeSpan KeyFrame = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan DataFrame = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AgeFrame = TimeSpan.FromSeconds(1);
    private const int KeptViews = 6;

    private readonly ITerminal _terminal;
    private readonly TopOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<(InputEvent Input, long At)> _inputs = new();
    private readonly ConcurrentQueue<Func<AppState, AppState>> _posts = new();
    private readonly Channel<FeedBatch> _batches = Channel.CreateBounded<FeedBatch>(
        new BoundedChannelOptions(32)
        {
            SingleReader = true,
            SingleWriter = false,
            FullMode = BoundedChannelFullMode.Wait,
            AllowSynchronousContinuations = false,
        }
    );
    private readonly AutoResetEvent _awake = new(false);
    private readonly ITimer _alarm;
    private readonly List<ClusterLink> _links = [];
    private readonly LinkedList<ViewContent> _contents = [];
    private readonly ConcurrentDictionary<Task, byte> _background = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private readonly Measurements _figures;
    private readonly PortForwards _forwards = new();
    private readonly ActionLog _actions;
    private (EditSession? Session, ActionRecord? Record, string Reason) _editing;
    private AppState _state;
    private Canvas? _shown;
    private Canvas? _next;
    private int _nextLink;
    private volatile bool _quits;
    private volatile bool _redraws;
    private volatile bool _edits;
    private bool _suspends;
    private Task _running = Task.CompletedTask;
    private ContainerTerminal? _connected;

    public TerminalApp(ITerminal terminal, TopOptions options, TimeProvider time)
    {
        (_terminal, _options, _time) = (terminal, options, time);
        _figures = new Measurements(time);
        _actions = new ActionLog(time, DocumentChanged);
        _alarm = time.CreateTimer(_ => _awake.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var cluster in options.Clusters)
        {
            AddLink(new KubernetesClient(cluster));
        }

        var pods = options.Catalog.Find("pods")!;
        _state = new AppState
        {
            View = new TableState(0, pods) { Namespace = options.Namespace, Filter = new RowFilter("", options.Namespace) },
            IsReadOnly = options.IsReadOnly,
            IsLight = options.IsLight,
            Contexts = [.. options.Clusters.Select(cluster => cluster.Context)],
            Favourites = [.. options.Favourites.Take(9)],
        };
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
                Loop();
                _terminal.Leave();
                done.SetResult();
            }
            catch (Exception error)
            {
                // Given back first, so that what is said of it can be read.
                _terminal.Leave();
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
    public void Stop()
    {
        _quits = true;
        _awake.Set();
    }

    /// <summary>The terminal has another size, or the process goes on after it was stopped; from any thread.</summary>
    public void Resized() =>
        Post(state =>
        {
            _connected?.Resized();
            return state;
        });

    /// <summary>The process is to stop, as by the shell's ctrl-z; from any thread.</summary>
    /// <returns>
    /// False where the terminal is an editor's: then the process is to stop as it is, with the editor.
    /// </returns>
    public bool Suspend()
    {
        if (_edits)
        {
            return false;
        }

        Post(state =>
        {
            _suspends = true;
            return state;
        });
        return true;
    }

    /// <summary>Draw everything anew; from any thread.</summary>
    public void Redraw()
    {
        _redraws = true;
        _awake.Set();
    }

    public void Input(InputEvent input)
    {
        _inputs.Enqueue((input, _time.GetTimestamp()));
        _awake.Set();
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync();
        await _alarm.DisposeAsync();
        foreach (var content in _contents)
        {
            await content.DisposeAsync();
        }

        await Task.WhenAll(_background.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _forwards.DisposeAsync();
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        if (_options.Measurements is { } file)
        {
            await File.WriteAllTextAsync(file, _figures.Write());
        }

        _awake.Dispose();
        _stopping.Dispose();
    }

    private void Loop()
    {
        _terminal.Enter();
        _terminal.StartReading(Input);
        if (_options.Command is { Length: > 0 } command)
        {
            var effects = new List<Effect>();
            _state = CommandLine.Run(_state, command, Context(), effects) with { Back = [] };
            effects.ForEach(Do);
        }

        foreach (var link in _links)
        {
            link.Start();
        }

        var lastFrame = 0L;
        var (keys, data) = (true, false);
        var (firstKey, firstName) = (0L, "");
        while (!_quits)
        {
            // 1. Keys.
            while (_inputs.TryDequeue(out var input))
            {
                (firstKey, firstName) = firstKey == 0 ? (input.At, input.Input.Text) : (firstKey, firstName);
                keys = true;
                Take(input);
            }

            // 2. What effects have to say.
            while (_posts.TryDequeue(out var post))
            {
                _state = post(_state);
                keys = true;
            }

            if (_suspends)
            {
                _suspends = false;
                _terminal.Suspend();
                (_shown, keys) = (null, true);
            }

            // 3. Data, a slice of it.
            var more = TakeData(ref data);

            // 4. A frame, when it is due.
            var since = _time.GetElapsedTime(lastFrame);
            if (_redraws)
            {
                (_redraws, _shown, keys) = (false, null, true);
            }

            var due =
                keys ? KeyFrame
                : data ? DataFrame
                : AgeFrame;
            if (_connected is not null)
            {
                // The screen belongs to a program in a container.
                (keys, firstKey) = (false, 0);
            }
            else if (since >= due || lastFrame == 0)
            {
                lastFrame = _time.GetTimestamp();
                Draw();
                if (firstKey != 0)
                {
                    _figures.Key(_time.GetElapsedTime(firstKey), firstName);
                }

                (keys, data, firstKey) = (false, false, 0);
                due = AgeFrame;
                since = TimeSpan.Zero;
            }

            // 5. Rest.
            if (!more && _inputs.IsEmpty && _posts.IsEmpty)
            {
                _alarm.Change(due > since ? due - since : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                _awake.WaitOne();
            }
        }
    }

    private void Take((InputEvent Input, long At) typed)
    {
        var input = typed.Input;
        var before = (_state.View as TableState)?.Filter;
        var wasSearching = _state.Prompt is { Kind: PromptKind.Filter };
        if (_options.Crash is { } where && input is { Kind: InputKind.Key, Text: "f12" })
        {
            Crash(where);
        }

        var context = Context();
        var (state, effects) = Reducer.Reduce(_state, input, context);
        _state = state;
        var content = Content();
        if (
            _state.View is TableState { Filter: { } filter }
            && content.Table is { } table
            && before is not null
            && !ReferenceEquals(filter, before)
            && _state.Prompt is { Kind: PromptKind.Filter }
        )
        {
            _figures.Search(_time.GetElapsedTime(typed.At), filter.Text, table.Total);
        }

        if (!wasSearching && _state.Prompt is { Kind: PromptKind.Filter } && content.Table is { } searched)
        {
            Prepare(searched);
        }

        foreach (var effect in effects)
        {
            Do(effect);
        }
    }

    /// <summary>
    /// Makes the texts that a search looks at, while one thinks of the first letter: with 50,000 rows that would hold
    /// it up.
    /// </summary>
    private void Prepare(TableIndex table)
    {
        var rows = table.All.ToArray();
        Background(token =>
        {
            for (var i = 0; i < rows.Length && !token.IsCancellationRequested; i++)
            {
                _ = rows[i].SearchText;
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>For tests alone: what nobody expects, on this thread, on another, or in a task.</summary>
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
                Background(_ => throw new InvalidOperationException("crashed on purpose, in a task"));
                break;
        }
    }

    /// <summary>Takes over what feeds have sent, for as long as a slice is; true where there is more.</summary>
    private bool TakeData(ref bool changed)
    {
        var start = _time.GetTimestamp();
        while (_batches.Reader.TryRead(out var batch))
        {
            var content = _contents.FirstOrDefault(content => content.Id == batch.View);
            if (content?.Table is { } table)
            {
                if (batch.Resets)
                {
                    table.Clear(batch.Cluster.Number);
                }

                table.Apply(batch.Cluster.Number, batch.Cluster.Name, batch.Changes, _time.GetUtcNow().UtcTicks);
                table.IsCaughtUp |= batch.IsCaughtUp;
                if (batch.IsCaughtUp)
                {
                    _figures.CaughtUp();
                }

                changed |= content.Id == _state.View.Id;
                _figures.Rows(table.Total, batch.Changes.Count);
            }

            if (_time.GetElapsedTime(start) > DataSlice)
            {
                return true;
            }
        }

        if (_contents.First?.Value is { Table: { } shown })
        {
            changed |= shown.Sweep((_time.GetUtcNow() - ScreenContent.LightTime).UtcTicks);
        }

        changed |= _documentChanged;
        _documentChanged = false;
        return false;
    }

    private volatile bool _documentChanged;

    private void DocumentChanged()
    {
        _documentChanged = true;
        _awake.Set();
    }

    private void Draw()
    {
        var (width, height) = _terminal.Size;
        _state = _state with { Width = width, Height = height };
        Content();
        var context = Context();
        _state = Reducer.Settle(_state, context);
        if (_next is null || _next.Width != width || _next.Height != height)
        {
            _next = new Canvas(width, height);
        }

        var statuses = _links.Select(link => link.Status()).ToArray();
        Remember(statuses);
        ScreenView.Draw(
            _next,
            _state,
            new ScreenContent(
                statuses,
                context.Rows,
                context.Document,
                Pulse(),
                context,
                _state.IsLight == true ? Theme.Light : Theme.Dark,
                _options.Depth,
                _time.GetUtcNow()
            )
        );
        _output.ResetWrittenCount();
        if (FrameWriter.Write(_shown, _next, _options.Depth, _output))
        {
            _terminal.Write(_output.WrittenSpan);
            _figures.Frame(_output.WrittenCount);
        }

        (_shown, _next) = (_next, _shown is { } old && old.Width == width && old.Height == height ? old : null);
    }

    private void Post(Func<AppState, AppState> change)
    {
        _posts.Enqueue(change);
        _awake.Set();
    }

    /// <summary>Runs something beside the drawing; what goes wrong is said on the screen.</summary>
    private void Background(Func<CancellationToken, Task> work)
    {
        var task = Task.Run(async () =>
        {
            try
            {
                await work(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // The program ends.
            }
            catch (Exception error)
            {
                Post(state => Toasts.Say(state, error.Message, _time.GetUtcNow(), isError: true));
            }
        });
        _background[task] = 0;
        _ = task.ContinueWith(
            done => _background.TryRemove(done, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private ClusterLink AddLink(KubernetesClient client)
    {
        var link = new ClusterLink(_nextLink++, client, _options.Catalog, _time)
        {
            Replaced = entry => Post(state => Replace(state, entry)),
        };
        _links.Add(link);
        return link;
    }
}
