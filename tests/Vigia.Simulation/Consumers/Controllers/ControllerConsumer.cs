using Microsoft.Extensions.Logging;
using Vigia.Controllers;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulation.Cluster;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Consumers.Controllers;

/// <summary>
/// A controller whose mapper, rate limiter and reconciliations misbehave until the storm is over, and which is stopped
/// and run again now and then. In the end its work has seen what is true.
/// </summary>
/// <remarks>
/// It draws from a random generator of its own. What a mapper keeps from its controller, and what a limiter postpones
/// for ever, is not expected of it.
/// </remarks>
internal sealed class ControllerConsumer
{
    private readonly string _name;
    private readonly SharedInformer _informer;
    private readonly SimulationClock _clock;
    private readonly Random _random;
    private readonly Action<string> _accuse;
    private readonly Action<string> _note;
    private readonly HostileMapper _mapper;
    private readonly HostileLimiter _limiter;
    private readonly Controller<WorkKey> _controller;
    private readonly HashSet<ObjectKey> _inWork = [];
    private readonly HashSet<ObjectKey> _never = [];
    private readonly Dictionary<ObjectKey, (string Uid, ulong Revision)?> _seen = [];
    private CancellationTokenSource? _stop;
    private CancellationTokenSource? _time;
    private long _began;
    private long _thrown;

    public ControllerConsumer(
        string name,
        SharedInformer informer,
        SimulationClock clock,
        SimulationScheduler scheduler,
        Random random,
        ILogger logger,
        Action<string> accuse,
        Action<string> note
    )
    {
        (_name, _informer, _clock, _random, _accuse, _note) = (name, informer, clock, random, accuse, note);
        _mapper = new(random, accuse, Reenter);
        _limiter = new(random, _never, Reenter);
        var drain = random.Next(3) switch
        {
            0 => TimeSpan.Zero,
            1 => TimeSpan.FromSeconds(2),
            _ => TimeSpan.FromSeconds(30),
        };
        var options = new ControllerOptions<WorkKey>
        {
            Workers = random.Next(1, 4),
            Resync = random.Next(2) == 0 ? TimeSpan.FromMinutes(3) : null,
            DrainTimeout = drain,
            MaxKeysPerChange = HostileMapper.MostKeys,
            RateLimiter = () => _limiter,
            Scheduler = scheduler,
        };
        _controller = new ControllerBuilder<WorkKey>(name)
            .Watches(informer, _mapper.Keys, _mapper.Where)
            .Build(ReconcileAsync, options, clock, logger);
    }

    /// <summary>Reconciliations that began.</summary>
    public long Began => _began;

    /// <summary>From now on all of it behaves.</summary>
    /// <remarks>
    /// The run under way is the last: another would begin with all that is there, and hide what this one has lost.
    /// </remarks>
    public void Settle()
    {
        _mapper.IsSettled = _limiter.IsSettled = true;
        _time?.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs it, again and again, until the token ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            // A run begins with all that is there, and knows nothing of what is gone.
            _seen.Clear();
            _never.Clear();
            _mapper.Forget();
            var length = _mapper.IsSettled ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(_random.NextDouble() * 600);
            using (_time = new CancellationTokenSource(length, _clock))
            using (_stop = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellationToken))
            {
                await _controller.RunAsync(_stop.Token);
                (_stop, _time) = (null, null);
            }

            var left = _controller.Snapshot();
            if (
                _inWork.Count > 0
                || left is not { State: ControllerState.Stopped, ActiveWorkers: 0, Queue: { Processing: 0, IsShuttingDown: true } }
            )
            {
                _accuse($"{_name}: {_inWork.Count} keys are in work after the run's end: {left}");
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                await _clock.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 5), CancellationToken.None);
            }
        }
    }

    /// <summary>
    /// In the end every key was worked on after its object's last change, and everything that happened was counted.
    /// </summary>
    public void CheckEnd(Truth truth)
    {
        foreach (var key in truth.Objects.Keys.Union(_seen.Keys).Where(key => !_mapper.HasLost(key) && !_never.Contains(key)))
        {
            (string, ulong)? expected = truth.Objects.TryGetValue(key, out var version) ? (version.Uid, version.Revision) : null;
            var hasSeen = _seen.TryGetValue(key, out var seen);
            if (!hasSeen || seen != expected)
            {
                _accuse($"{_name}: its last work on {key} {(hasSeen ? $"saw {seen}" : "never ended well")}, but {expected} is true");
            }
        }

        var snapshot = _controller.Snapshot();
        if (snapshot.State != ControllerState.Running)
        {
            _accuse($"{_name}: it is {snapshot.State}, though nobody stopped it");
        }

        if (snapshot.Lost != _mapper.Failures)
        {
            _accuse($"{_name}: it counts {snapshot.Lost} changes as lost, its mapper failed {_mapper.Failures} times");
        }

        var thrown = snapshot.Failed + snapshot.Aborted;
        if (thrown != _thrown || thrown + snapshot.Succeeded + _inWork.Count != _began)
        {
            _accuse($"{_name}: {_began} pieces of work began and {_thrown} threw, it counts {snapshot}");
        }
    }

    private async ValueTask<ReconcileResult> ReconcileAsync(WorkKey work, CancellationToken cancellationToken)
    {
        var key = work.Key;
        _began++;
        _never.Remove(key);
        if (!_inWork.Add(key))
        {
            _accuse($"{_name}: {key} is in two workers' hands");
        }

        try
        {
            (string, ulong)? state = _informer.Store.Get(key) is { } o ? (o.Uid, o.ResourceVersion.Number) : null;
            var result = _mapper.IsSettled ? ReconcileResult.Done : await MisbehaveAsync(key, cancellationToken);
            _seen[key] = state;
            _note($"{_name}: worked on {key} {state?.Item2}");
            return result;
        }
        catch
        {
            _thrown++;
            throw;
        }
        finally
        {
            _inWork.Remove(key);
        }
    }

    private async ValueTask<ReconcileResult> MisbehaveAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        switch (_random.Next(14))
        {
            case 0:
                throw new InvalidOperationException("work that throws");
            case 1:
                throw new OperationCanceledException("a request that timed out");
            case 2:
                await _clock.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 5), cancellationToken);
                throw new InvalidOperationException("work that throws late");
            case 3:
                await _clock.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 5), cancellationToken);
                return ReconcileResult.Done;
            case 4:
                // The end of the run must not depend on what is registered on its token, nor on work that looks at it.
                await using (cancellationToken.Register(static () => throw new InvalidOperationException("a callback that throws")))
                {
                    await _clock.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 5), CancellationToken.None);
                }

                return ReconcileResult.Done;
            case 5:
                return new ReconcileResult(TimeSpan.FromSeconds(-3));
            case 6:
                return ReconcileResult.RequeueAfter(_random.Next(2) == 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(7));
            case 7:
                Reenter(key);
                return ReconcileResult.Done;
            default:
                return ReconcileResult.Done;
        }
    }

    /// <summary>What a user's function may do with its controller while it is called by it.</summary>
    private void Reenter(ObjectKey key)
    {
        switch (_random.Next(40))
        {
            case < 10:
                _controller.Enqueue(new WorkKey(key));
                break;
            case < 20:
                _ = _controller.Snapshot();
                break;
            case < 25:
                _ = _informer.AddHandler(new ResourceEventHandlerFuncs()).DisposeAsync().AsTask();
                break;
            case 25:
                _stop?.Cancel();
                break;
        }
    }
}
