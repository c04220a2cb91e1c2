using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vigia.Controllers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Controllers;

/// <summary>A controller on scripted servers and a clock that stands, and what it was asked to do.</summary>
internal sealed class ControllerFixture : IAsyncDisposable
{
    private readonly List<SharedInformer> _informers = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedServer Server { get; } = new();

    /// <summary>
    /// Every reconciliation that began, as the key's name; with "-" where the store has no such object.
    /// </summary>
    public ConcurrentQueue<string> Began { get; } = new();

    public ConcurrentQueue<string> Ended { get; } = new();

    public ConcurrentQueue<string> Logged { get; } = new();

    public Controller<ObjectKey> Controller { get; private set; } = null!;

    public SharedInformer Informer { get; private set; } = null!;

    public Task Run => _run;

    /// <summary>What a reconciliation comes to; done unless set.</summary>
    public Func<ObjectKey, CancellationToken, ValueTask<ReconcileResult>> Work { get; set; } =
        (_, _) => ValueTask.FromResult(ReconcileResult.Done);

    public ILogger Logger => new LineLogger(Logged);

    public SharedInformer Watch(ScriptedServer server, DeltaLogOptions? log = null)
    {
        var informer = new SharedInformer(server, new SharedInformerOptions { Seed = 1, Log = log ?? new() }, Clock);
        _informers.Add(informer);
        return informer;
    }

    public void Build(
        ControllerOptions<ObjectKey>? options = null,
        Func<ControllerBuilder<ObjectKey>, ControllerBuilder<ObjectKey>>? watches = null,
        DeltaLogOptions? log = null
    )
    {
        Informer = Watch(Server, log);
        var builder = new ControllerBuilder<ObjectKey>("test");
        builder = watches?.Invoke(builder) ?? builder.For(Informer);
        Controller = builder.Build(ReconcileAsync, options, Clock, Logger);
    }

    public void Start() => _run = Task.Run(() => Controller.RunAsync(_stop.Token));

    public async Task StartAsync(
        ControllerOptions<ObjectKey>? options = null,
        Func<ControllerBuilder<ObjectKey>, ControllerBuilder<ObjectKey>>? watches = null,
        DeltaLogOptions? log = null
    )
    {
        Build(options, watches, log);
        Start();
        await Eventually.TrueAsync(
            () => Controller.State == ControllerState.Running && _informers.All(informer => informer.Freshness.IsLive),
            "it runs, and every watch stands"
        );
    }

    /// <summary>Work on this key waits until it is let go.</summary>
    public void Hold(string name) => _gates[name] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo(string name)
    {
        _gates.Remove(name, out var gate);
        gate!.SetResult();
    }

    public void Stop() => _stop.Cancel();

    public Task BeganAsync(params string[] expected) => SeenAsync(Began, expected);

    public async Task IdleAsync() =>
        await Eventually.TrueAsync(
            () =>
                Controller.Snapshot() is { ActiveWorkers: 0, Queue: { Depth: 0, Processing: 0 } }
                && _informers.All(informer => informer.Log.Revision.Number >= 1),
            "the controller is idle"
        );

    /// <summary>Lets the clock run until something holds: for what waits by the clock.</summary>
    public async Task WithTimeAsync(Func<bool> condition, string what, double stepMs = 1) =>
        await Eventually.TrueAsync(
            () =>
            {
                if (condition())
                {
                    return true;
                }

                Clock.Advance(TimeSpan.FromMilliseconds(stepMs));
                return false;
            },
            what
        );

    public async ValueTask DisposeAsync()
    {
        foreach (var gate in _gates.Values)
        {
            gate.TrySetResult();
        }

        await _stop.CancelAsync();
        await _run.ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var informer in _informers)
        {
            await informer.DisposeAsync();
        }

        Assert.Equal(0, Clock.ActiveTimers);
        Assert.Equal(0, Server.OpenWatches);
        _stop.Dispose();
    }

    private static async Task SeenAsync(ConcurrentQueue<string> seen, string[] expected)
    {
        await Eventually.TrueAsync(() => seen.Count >= expected.Length, $"{string.Join(' ', expected)}");
        Assert.Equal(expected, seen);
    }

    private async ValueTask<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        Began.Enqueue(Informer.Store.Get(key) is null ? $"{key.Name}-" : key.Name);
        if (_gates.TryGetValue(key.Name, out var gate))
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        var result = await Work(key, cancellationToken);
        Ended.Enqueue(key.Name);
        return result;
    }
}
