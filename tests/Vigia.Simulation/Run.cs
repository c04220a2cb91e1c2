using System.Text;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulation.Cluster;
using Vigia.Simulation.Consumers;
using Vigia.Simulation.Consumers.Controllers;
using Vigia.Simulation.Network;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation;

/// <summary>
/// One run: a seed decides the cluster, its changes, its faults and who looks on; afterwards everybody is asked what
/// they saw.
/// </summary>
public sealed class Run
{
    private const int MostTrace = 100_000;

    private readonly Random _random;
    private readonly SimulationScheduler _scheduler;
    private readonly SimulationClock _clock = new();
    private readonly Truth _truth;
    private readonly Faults _faults;
    private readonly Connections _connections;
    private readonly List<ApiServer> _servers = [];
    private readonly List<SharedInformer> _informers = [];
    private readonly List<SimulatedListerWatcher> _sources = [];
    private readonly List<HandlerConsumer> _handlers = [];
    private readonly List<HandlerConsumer> _removed = [];
    private readonly List<CursorConsumer> _cursors = [];
    private readonly List<ControllerConsumer> _controllers = [];
    private readonly List<Task> _tasks = [];
    private readonly List<string> _accusations = [];
    private readonly List<(TimeSpan At, string Line)> _trace = [];
    private readonly CancellationTokenSource _over = new();
    private readonly ObjectKey[] _keys;
    private readonly HostileCode _hostile;
    private readonly bool _shares;
    private ulong _hash = 14695981039346656037;
    private readonly bool _audits;
    private int _names;

    private Run(int seed, bool audits)
    {
        Seed = seed;
        _audits = audits;
        _random = new Random(seed);
        _scheduler = new SimulationScheduler(new Random(seed ^ 0x5eed));
        _truth = new Truth(new Random(seed + 1));
        var hostile = new Random(seed ^ 0xbad);
        _shares = hostile.Next(3) == 0;
        _hostile = new HostileCode(hostile, Accuse);
        _faults = new Faults(_random);
        _connections = new Connections(_clock) { PingTimeout = _random.Next(2) == 0 ? TimeSpan.FromSeconds(20) : null };
        _keys = [.. Enumerable.Range(0, _random.Next(5, 60)).Select(i => new ObjectKey($"ns-{i % 3}", $"{(char)('a' + (i % 4))}-{i}"))];
    }

    /// <summary>The seed.</summary>
    public int Seed { get; }

    /// <summary>What went wrong; empty for a good run.</summary>
    public IReadOnlyList<string> Accusations => _accusations;

    /// <summary>What happened, in order.</summary>
    public IEnumerable<string> Trace => _trace.Select(noted => $"{noted.At:mm\\:ss\\.fff} {noted.Line}");

    /// <summary>A digest of what happened: equal for equal seeds.</summary>
    public ulong Digest => _hash;

    /// <summary>What the run had in it.</summary>
    public string Description { get; private set; } = "";

    /// <summary>What all of it amounted to.</summary>
    public RunMeasurements Measurements { get; private set; } = new();

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="audits">
    /// True to let every informer audit its cache all the time: no audit may find anything, unless the cluster was
    /// restored. Off by default: it changes what a seed does.
    /// </param>
    public static Run Of(int seed, bool audits = false)
    {
        var run = new Run(seed, audits);
        try
        {
            run.Go();
        }
        catch (Exception error)
        {
            run.Accuse($"the run broke: {error}");
        }

        return run;
    }

    private void Go()
    {
        foreach (var i in Enumerable.Range(0, _random.Next(1, 4)))
        {
            _servers.Add(new ApiServer(_truth, $"apiserver-{i}"));
        }

        for (var i = 0; i < _keys.Length / 2; i++)
        {
            _truth.Put(_keys[i]);
        }

        _servers.ForEach(server => server.Follow());
        var streaming = (StreamingLists)_random.Next(4);
        var log = new DeltaLogOptions
        {
            Capacity = _random.Next(3) == 0 ? 8192 : _random.Next(4, 64),
            Tombstones = _random.Next(2) == 0 ? 16_384 : _random.Next(2, 20),
            MaxBytes = _random.Next(3) == 0 ? 4000 : 32 << 20,
        };
        var shared = new Dictionary<(string Uid, ulong Revision, int Length), RawObject>();
        foreach (var i in Enumerable.Range(0, _random.Next(1, 3)))
        {
            var source = new SimulatedListerWatcher(
                _random,
                _clock,
                _truth,
                _servers,
                _faults,
                _connections,
                streaming,
                line => Note($"client-{i}: {line}")
            );
            _sources.Add(source);
            _informers.Add(
                new SharedInformer(
                    _shares ? new SharingListerWatcher(source, shared) : source,
                    new SharedInformerOptions
                    {
                        Transform = _hostile.Transform,
                        Log = log,
                        Seed = Seed + i + 1,
                        Scheduler = _scheduler,
                        Audit = new AuditOptions { Period = _audits ? TimeSpan.FromSeconds(15 + (Seed % 90)) : TimeSpan.Zero },
                        Reflector = new ReflectorOptions
                        {
                            StreamingList = streaming != StreamingLists.Off,
                            BatchSize = _random.Next(1, 65),
                        },
                    },
                    _clock,
                    new TraceLogger(line => Note($"client-{i}: {line}"))
                )
            );
            _hostile.AddIndexes(_informers[^1]);
        }

        Description =
            $"{_servers.Count} servers, {_informers.Count} informers, streaming {streaming}, log "
            + $"{log.Capacity}/{log.Tombstones}/{log.MaxBytes}, pings {_connections.PingTimeout}, faults {_faults}, rate "
            + $"{_faults.Rate:0.00}";
        Note(Description);
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            AddHandler();
        }

        _cursors.AddRange(
            Enumerable
                .Range(0, _random.Next(0, 3))
                .Select(i => new CursorConsumer(NewWitness($"cursor-{i}"), _clock, _random, _informers, _truth))
        );
        foreach (var informer in _informers)
        {
            informer.Start();
        }

        var storm = new Storm(_random, _clock, _truth, _faults, _servers, _informers, _keys, Note);
        Start(storm.ChangeAsync);
        Start(() => storm.FollowAsync(_over.Token));
        Start(storm.DisturbAsync);
        Start(ComeAndGoAsync);
        _cursors.ForEach(cursor => Start(() => cursor.RunAsync(_over.Token)));
        AddControllers();

        var end = TimeSpan.FromMinutes(_random.Next(5, 30));
        Pump(end);

        // The storm is over: changes and faults end, everything has time to come right.
        _faults.End();
        _over.CancelAfter(Timeout.InfiniteTimeSpan);
        _servers.ForEach(server => server.Follow());
        _cursors.ForEach(cursor => cursor.IsSettled = true);
        _handlers.ForEach(handler => handler.IsSettled = true);
        _controllers.ForEach(controller => controller.Settle());
        Pump(end + TimeSpan.FromMinutes(25));

        // A silent watch may be opened again at any time, even now: that takes less than a minute.
        if (_informers.Any(informer => !informer.Freshness.IsLive))
        {
            Pump(end + TimeSpan.FromMinutes(26));
        }

        Judge();
        Stop();
    }

    private bool IsStormy => !_faults.AreOver;

    private void Start(Func<Task> work) => _tasks.Add(_scheduler.Run(work));

    /// <summary>Runs what is ready, then lets time pass, until <paramref name="end"/>.</summary>
    private void Pump(TimeSpan end)
    {
        while (true)
        {
            while (_scheduler.RunOne()) { }

            if (!_clock.FireNext(end))
            {
                _clock.AdvanceTo(end);
                return;
            }
        }
    }

    /// <summary>Handlers come late and go early.</summary>
    private async Task ComeAndGoAsync()
    {
        while (IsStormy)
        {
            await _clock.Delay(TimeSpan.FromSeconds(_random.NextDouble() * 120));
            if (IsStormy && _random.Next(2) == 0)
            {
                AddHandler();
            }
            else if (_handlers.Count > 1)
            {
                var handler = _handlers[_random.Next(_handlers.Count)];
                _handlers.Remove(handler);
                _removed.Add(handler);
                await handler.RemoveAsync();
                await handler.RemoveAsync();
            }
        }
    }

    private void AddHandler()
    {
        var informer = _informers[_random.Next(_informers.Count)];
        var slowness = _random.Next(3) == 0 ? TimeSpan.FromSeconds(_random.NextDouble() * 20) : TimeSpan.Zero;
        var handler = new HandlerConsumer(
            NewWitness($"handler-{_names++}"),
            _clock,
            _random,
            slowness,
            throws: _random.Next(4) == 0,
            () => _hostile.Reenter(informer)
        );
        var first = informer.HasSynced ? informer.Store.List().Select(o => o.Key).ToArray() : null;
        handler.Registration = informer.AddHandler(handler);
        _handlers.Add(handler);
        if (first is not null)
        {
            Start(async () =>
            {
                try
                {
                    await handler.Registration.WhenSynced;
                    handler.Witness.CheckSynced(first);
                }
                catch (OperationCanceledException)
                {
                    // Removed before.
                }
            });
        }
    }

    /// <summary>A third of the runs have controllers: the others stay what they were before there were any.</summary>
    private void AddControllers()
    {
        var chance = new Random(Seed ^ 0xc0de);
        for (var i = chance.Next(3) == 0 ? chance.Next(1, 3) : 0; i > 0; i--)
        {
            var name = $"controller-{i}";
            var informer = _informers[chance.Next(_informers.Count)];
            var own = new Random(chance.Next());
            var controller = new ControllerConsumer(name, informer, _clock, _scheduler, own, new TraceLogger(Note), Accuse, Note);
            _controllers.Add(controller);
            Start(() => controller.RunAsync(_over.Token));
        }
    }

    private Witness NewWitness(string name) => new(name, _truth, Accuse, Note, o => _hostile.Spoils(o.ResourceVersion.Number));

    /// <summary>Everything must be as it is true, known to everybody, and said to be live.</summary>
    private void Judge()
    {
        for (var i = 0; i < _informers.Count; i++)
        {
            var informer = _informers[i];
            if (!informer.HasSynced || !informer.Freshness.IsLive)
            {
                Accuse($"informer-{i}: {informer.Status} long after everything works again");
            }

            var held = informer.Store.List();
            if (held.Count != _truth.Objects.Count || informer.Store.Count != held.Count)
            {
                Accuse($"informer-{i}: holds {held.Count} objects, {_truth.Objects.Count} are true");
            }

            foreach (var (key, version) in _truth.Objects)
            {
                if (informer.Store.Get(key) is not { } o || o.Uid != version.Uid || o.ResourceVersion.Number != version.Revision)
                {
                    Accuse($"informer-{i}: holds {informer.Store.Get(key)}, {version.Uid[..8]}@{version.Revision} is true");
                    continue;
                }

                using var json = o.Open();
                if (_hostile.Spoils(version.Revision) ? TransformFailure.Of(o) is null : Encoding.UTF8.GetString(json.Span) != version.Kept)
                {
                    Accuse($"informer-{i}: {key} reads {Encoding.UTF8.GetString(json.Span)}");
                }
            }

            if (_truth.Objects.GroupBy(pair => pair.Key.Namespace).Any(ns => informer.Store.List(ns.Key).Count != ns.Count()))
            {
                Accuse($"informer-{i}: its index by namespace is not its content");
            }
        }

        foreach (var informer in _informers.Where(informer => _audits))
        {
            if (informer.Counters.Audits == 0 || informer.Status.LastAudit is not { Outcome: AuditOutcome.Equal })
            {
                Accuse($"{informer.Counters.Audits} audits, the last one {informer.Status.LastAudit}, long after everything works again");
            }

            // No event is ever lost here: only a restore, which may have been overtaken unseen, makes a cache wrong.
            if (informer.Counters.AuditDifferences > 0 && _truth.Era == 0)
            {
                Accuse($"audits found {informer.Counters.AuditDifferences} differences though nothing was lost");
            }
        }

        _hostile.CheckEnd();
        _sources.ForEach(source => Accuse(source.Misconduct));
        _handlers.ForEach(handler => handler.Witness.CheckEnd());
        _cursors.ForEach(cursor => cursor.Witness.CheckEnd());
        _controllers.ForEach(controller => controller.CheckEnd(_truth));
        Measurements = new RunMeasurements(
            _truth.Log.Count,
            _truth.Era,
            _informers.Sum(informer => informer.Status.Lists),
            _informers.Sum(informer => informer.Log.CatchUps),
            _informers.Sum(informer => informer.Counters.Undecodable),
            _clock.Elapsed,
            _informers.Sum(informer => informer.Counters.Audits),
            _informers.Sum(informer => informer.Counters.AuditDifferences),
            _informers.Sum(informer => informer.Counters.IncompleteAudits),
            _informers.Sum(informer => informer.Counters.Silences),
            _controllers.Sum(controller => controller.Began)
        );
    }

    /// <summary>Stops everything: nothing may be left.</summary>
    private void Stop()
    {
        _over.Cancel();
        _tasks.AddRange(_informers.Select(informer => _scheduler.Run(() => informer.DisposeAsync().AsTask())));
        Pump(_clock.Elapsed + TimeSpan.FromMinutes(20));
        foreach (var task in _tasks.Where(task => !task.IsCompletedSuccessfully))
        {
            Accuse($"a task is left: {task.Status} {task.Exception?.GetBaseException()}");
        }

        foreach (var handler in _handlers.Concat(_removed))
        {
            Accuse(handler.Misconduct);
        }

        if (_connections.Open != 0 || _servers.Any(server => server.OpenWatches != 0))
        {
            Accuse($"{_connections.Open} connections are left open");
        }

        if (_clock.Active - _connections.Pending > 0)
        {
            Accuse($"{_clock.Active - _connections.Pending} timers are left");
        }
    }

    private void Accuse(string? what)
    {
        if (what is not null)
        {
            _accusations.Add(what);
            Note($"!! {what}");
        }
    }

    private void Note(string line)
    {
        foreach (var c in line)
        {
            _hash = (_hash ^ c) * 1099511628211;
        }

        if (_trace.Count < MostTrace)
        {
            _trace.Add((_clock.Elapsed, line));
        }
    }
}
