using Microsoft.AspNetCore.Connections;
using Vigia.Simulator.Storage;

namespace Vigia.Simulator.Faults;

/// <summary>Faults on demand: standing ones that strike requests, and things done once, as cutting every connection. Safe on any thread.</summary>
public sealed class FaultBox
{
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly ObjectStore _store;
    private readonly Func<TimeSpan?, CancellationToken, Task> _goDark;
    private readonly Func<CancellationToken, Task> _comeBack;
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly HashSet<CancellationTokenSource> _watches = [];
    private List<Standing> _faults = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nextId = 1;

    internal FaultBox(int seed, ObjectStore store, Func<TimeSpan?, CancellationToken, Task> goDark, Func<CancellationToken, Task> comeBack)
    {
        _random = new Random(seed);
        _store = store;
        _goDark = goDark;
        _comeBack = comeBack;
    }

    /// <summary>The standing faults.</summary>
    public IReadOnlyList<Fault> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _faults.Select(f => f.Fault with { Count = f.Left })];
            }
        }
    }

    /// <summary>How many watches are open.</summary>
    public int OpenWatches
    {
        get
        {
            lock (_gate)
            {
                return _watches.Count;
            }
        }
    }

    /// <summary>How many connections are open.</summary>
    public int OpenConnections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Puts a fault in force.</summary>
    /// <returns>The fault with its id.</returns>
    /// <exception cref="ArgumentException">A rate outside 0–1, a code that is no error, a negative latency or count.</exception>
    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Rate is < 0 or > 1 || fault.Code is < 400 or > 599 || fault.Latency < 0 || fault.LatencyMax < fault.Latency || fault.Count < 1)
        {
            throw new ArgumentException("a fault needs a rate of 0 to 1, a code of 400 to 599, a count of at least 1, and a latency that is not negative and not above latencyMax", nameof(fault));
        }

        lock (_gate)
        {
            fault = fault with { Id = _nextId++ };
            _faults = [.. _faults, new Standing(fault)];
            ChangedLocked();
            return fault;
        }
    }

    /// <summary>Takes a fault away; what hangs by it goes on.</summary>
    /// <returns>False where there is none of that id.</returns>
    public bool Remove(int id)
    {
        lock (_gate)
        {
            var before = _faults.Count;
            _faults = [.. _faults.Where(f => f.Fault.Id != id)];
            ChangedLocked();
            return _faults.Count < before;
        }
    }

    /// <summary>Takes all faults away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _faults = [];
            ChangedLocked();
        }
    }

    /// <summary>Everything stays open and nothing arrives any more, until the fault is removed.</summary>
    /// <returns>The fault, for <see cref="Remove"/>.</returns>
    public Fault Hang(string? verb = null, string? resource = null) => Add(new Fault { Kind = FaultKind.Hang, Verb = verb, Resource = resource });

    /// <summary>Aborts all open watches, in the middle of their streams.</summary>
    /// <returns>How many.</returns>
    public int CutWatches()
    {
        CancellationTokenSource[] open;
        lock (_gate)
        {
            open = [.. _watches];
        }

        foreach (var watch in open)
        {
            try
            {
                watch.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself in the meantime, which is as good.
            }
        }

        return open.Length;
    }

    /// <summary>Aborts all connections, without a goodbye.</summary>
    /// <returns>How many.</returns>
    public int CutConnections()
    {
        ConnectionContext[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        foreach (var connection in open)
        {
            connection.Abort(new ConnectionAbortedException("cut by a fault"));
        }

        return open.Length;
    }

    /// <summary>Forgets all history: watches from any older revision get 410, continue tokens expire. Open watches go on.</summary>
    public void ExpireHistory() => _store.Compact();

    /// <summary>Stops accepting, and aborts what is open. Comes back by itself after <paramref name="duration"/>, or by <see cref="ComeBackAsync"/>.</summary>
    public Task GoDarkAsync(TimeSpan? duration = null, CancellationToken cancellationToken = default) => _goDark(duration, cancellationToken);

    /// <summary>Accepts connections again, on the same port.</summary>
    public Task ComeBackAsync(CancellationToken cancellationToken = default) => _comeBack(cancellationToken);

    internal void Opened(ConnectionContext connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    internal void Closed(ConnectionContext connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    internal void WatchOpened(CancellationTokenSource watch)
    {
        lock (_gate)
        {
            _watches.Add(watch);
        }
    }

    internal void WatchClosed(CancellationTokenSource watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch);
        }
    }

    /// <summary>The faults that strike this request, counted and drawn. Hangs are not among them: see <see cref="WhileHangingAsync"/>.</summary>
    internal IReadOnlyList<(Fault Fault, TimeSpan Latency)> Strike(string verb, string? resource, string? ns)
    {
        if (_faults.Count == 0)
        {
            return [];
        }

        lock (_gate)
        {
            var struck = new List<(Fault, TimeSpan)>();
            foreach (var standing in _faults)
            {
                var fault = standing.Fault;
                if (fault.Kind == FaultKind.Hang || !fault.Matches(verb, resource, ns) || standing.Left == 0 || (fault.Rate < 1 && _random.NextDouble() >= fault.Rate))
                {
                    continue;
                }

                standing.Left--;
                var most = fault.LatencyMax ?? fault.Latency;
                struck.Add((fault, TimeSpan.FromMilliseconds(most > fault.Latency ? fault.Latency + (_random.NextDouble() * (most - fault.Latency)) : fault.Latency)));
            }

            _faults = [.. _faults.Where(f => f.Left != 0)];
            return struck;
        }
    }

    /// <summary>Returns when no hang holds this request (any more).</summary>
    internal async ValueTask WhileHangingAsync(string verb, string? resource, string? ns, CancellationToken cancellationToken)
    {
        while (_faults.Count > 0)
        {
            Task changed;
            lock (_gate)
            {
                if (!_faults.Exists(f => f.Fault.Kind == FaultKind.Hang && f.Fault.Matches(verb, resource, ns)))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void ChangedLocked()
    {
        var waiting = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    private sealed class Standing(Fault fault)
    {
        public Fault Fault { get; } = fault;

        public int? Left { get; set; } = fault.Count;
    }
}
