using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Simulator.Cluster;

namespace Vigia.Simulator;

/// <summary>
/// A living cluster behind a simulated API server: controllers, a scheduler, kubelets, people, and things that go
/// wrong.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Everything happens on one loop, in the order of its due times; with one seed and a clock moved by
/// hand the writes are always the same. Controllers react to what any client writes. <see cref="Start"/> and
/// <see cref="RunDue"/> are two ways to drive it: use one.
/// </remarks>
public sealed partial class SimulatedCluster : IAsyncDisposable
{
    private const int Batch = 500;

    private readonly ObjectStore _store;
    private readonly SimulatedClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly World _world;
    private readonly Scheduling _scheduling;
    private readonly IdeUsers _users;
    private readonly DaskOperator _dask;
    private readonly Churn _churn;
    private readonly NodeLife _nodes;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IDisposable _subscription;
    private Task _loop = Task.CompletedTask;
    private bool _disposed;

    /// <summary>
    /// Takes charge of a store: from now on deleted pods end gracefully, and controllers see every write.
    /// </summary>
    /// <param name="store">
    /// A fresh store: pods that run in it already would be taken for ones that are not ready.
    /// </param>
    /// <param name="options">Size and liveliness; null for the defaults.</param>
    /// <param name="time">The clock: the store's own, or timestamps disagree. Null for the system's.</param>
    /// <param name="logger">Logs faults; null for none.</param>
    public SimulatedCluster(ObjectStore store, SimulatedClusterOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _world = new World(store, _time, _options.Seed, _logger);
        _world.Events.Cap = Math.Max(500, Math.Min(20_000, _options.Pods * 2));
        var kubelet = new Kubelet(_world);
        _scheduling = new Scheduling(_world, kubelet);
        _ = new DeploymentController(_world);
        _ = new ReplicaSetController(_world);
        _ = new StatefulSetController(_world);
        _ = new DaemonSetController(_world);
        _ = new JobController(_world);
        _ = new CronJobController(_world);
        _ = new DisruptionController(_world);
        _users = new IdeUsers(_world, Math.Clamp(_options.Pods / 20, 4, 200));
        _dask = new DaskOperator(_world, Math.Clamp(_options.Pods / 100, 2, 30));
        _churn = new Churn(_world, _options, kubelet, _users, _dask);
        _nodes = new NodeLife(_world, kubelet);
        store.GracefulPodDeletion = true;
        _subscription = store.Subscribe(null, change => _world.Changes.Writer.TryWrite(change));
        foreach (var type in store.Types.Where(type => store.FindVersion(type.Gvr) is null))
        {
            foreach (var item in store.List(type.Gvr))
            {
                _world.Take(new StoreChange(ChangeKind.Added, item, null, item.Revision));
            }
        }

        _world.After(TimeSpan.FromMilliseconds(500), _churn.Start);
    }

    /// <summary>Creates the initial objects, all settled: pods run already, and nothing is due to be changed.</summary>
    public void Seed() => new Seeding(_store, _options, _world, _scheduling).Run();

    /// <summary>Creates the nodes and nothing else.</summary>
    internal void SeedNodes() => new Seeding(_store, _options, _world, _scheduling).Nodes();

    /// <summary>
    /// Has a node stop answering for a while, as a fault on demand: its pods are taken away, and go when it returns.
    /// </summary>
    /// <returns>
    /// False if there is no such node, or it is already down. Call it only between two steps of <see cref="RunDue"/>.
    /// </returns>
    internal bool LoseNode(string name, TimeSpan duration)
    {
        if (!_world.Nodes.TryGetValue(name, out var node) || !node.Ready)
        {
            return false;
        }

        _nodes.Lose(node, duration.TotalSeconds);
        return true;
    }

    /// <summary>Opens a session of each kind of editor, and a Dask cluster: for tests.</summary>
    internal void OpenSessions()
    {
        for (var kind = 0; kind < 5; kind++)
        {
            _users.Open(kind);
        }

        _dask.Create();
    }

    /// <summary>Starts the loop.</summary>
    /// <exception cref="InvalidOperationException">It was started before, or stopped.</exception>
    public void Start()
    {
        if (_loop != Task.CompletedTask || _stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException("a simulated cluster can be started once");
        }

        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>
    /// Runs all actions due up to a time, at once and on the calling thread: for tests that move the clock by hand.
    /// </summary>
    /// <returns>The number of actions.</returns>
    public int RunDue(DateTimeOffset upTo) => _world.Run(upTo);

    /// <summary>
    /// Stops the loop and waits for it; the store then answers deletions of pods at once, as without a cluster.
    /// </summary>
    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
        }

        await _loop;
        _subscription.Dispose();
        _store.GracefulPodDeletion = false;
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await StopAsync();
            _stopping.Dispose();
        }
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        _world.Start(_time.GetUtcNow());
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (_world.Run(_time.GetUtcNow(), Batch) == 0)
                {
                    await WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // One scheduled action failed unexpectedly: the others continue.
                Log.PlanFailed(_logger, e);
            }
        }
    }

    /// <summary>Until the next plan is due, or something is written.</summary>
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var delay = _world.NextDue is { } due ? due - _time.GetUtcNow() : TimeSpan.FromMinutes(1);
        if (delay <= TimeSpan.Zero)
        {
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var written = _world.Changes.Reader.WaitToReadAsync(enough.Token).AsTask();
        var slept = Task.Delay(delay, _time, enough.Token);
        await Task.WhenAny(written, slept);
        await enough.CancelAsync();
        try
        {
            await Task.WhenAll(written, slept);
        }
        catch (OperationCanceledException)
        {
            // The one that did not end the wait.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6101, LogLevel.Error, "A scheduled action of the simulated cluster failed; the others continue")]
        public static partial void PlanFailed(ILogger logger, Exception e);
    }
}
