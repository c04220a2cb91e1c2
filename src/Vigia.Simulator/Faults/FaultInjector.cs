using Vigia.Simulator.Faults;

namespace Vigia.Simulator;

/// <summary>
/// Faults on demand: standing ones that strike requests and events, and things done once, as cutting every connection.
/// Thread-safe.
/// </summary>
public sealed class FaultInjector
{
    private readonly Lock _gate = new();
    private readonly Random _random;
    private readonly ObjectStore _store;
    private readonly Func<TimeSpan?, CancellationToken, Task> _goDark;
    private readonly Func<CancellationToken, Task> _comeBack;
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private volatile StandingFault[] _faults = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nextId = 1;

    internal FaultInjector(
        int seed,
        ObjectStore store,
        Func<TimeSpan?, CancellationToken, Task> goDark,
        Func<CancellationToken, Task> comeBack
    )
    {
        _random = new Random(seed);
        _store = store;
        _goDark = goDark;
        _comeBack = comeBack;
    }

    /// <summary>The active faults, with the remaining count of each and how often it was applied.</summary>
    public IReadOnlyList<Fault> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _faults.Select(f => f.Told)];
            }
        }
    }

    /// <summary>
    /// How often each kind of fault has struck, and each deed was done, since the start: <c>truncate</c>,
    /// <c>cutWatches</c>, ….
    /// </summary>
    public IReadOnlyDictionary<string, long> Counts
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, long>(_counts, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>The number of open watches.</summary>
    public int OpenWatches => Watches.Count;

    /// <summary>The number of open connections.</summary>
    public int OpenConnections => Connections.Count;

    internal OpenConnections Connections { get; } = new();

    internal OpenWatches Watches { get; } = new();

    /// <summary>Completes when a standing fault is added or taken away.</summary>
    internal Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Puts a fault in force.</summary>
    /// <returns>The fault with its id.</returns>
    /// <exception cref="ArgumentException">
    /// A member is out of its range; the message says which it must be in.
    /// </exception>
    public Fault Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Check() is { } wrong)
        {
            throw new ArgumentException(wrong, nameof(fault));
        }

        lock (_gate)
        {
            fault = fault with { Id = _nextId++, Struck = 0 };
            _faults = [.. _faults, new StandingFault(fault)];
            ChangedLocked();
            return fault;
        }
    }

    /// <summary>Removes a fault; requests that it holds continue.</summary>
    /// <returns>False if there is none of that id.</returns>
    public bool Remove(int id)
    {
        lock (_gate)
        {
            return RemoveLocked(f => f.Fault.Id == id) > 0;
        }
    }

    /// <summary>Takes all faults away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            RemoveLocked(_ => true);
        }
    }

    /// <summary>Everything stays open and nothing arrives any more, until the fault is removed.</summary>
    /// <returns>The fault, for <see cref="Remove"/>.</returns>
    public Fault Hang(string? verb = null, string? resource = null) =>
        Add(
            new Fault
            {
                Kind = FaultKind.Hang,
                Verb = verb,
                Resource = resource,
            }
        );

    /// <summary>Aborts all open watches, in the middle of their streams.</summary>
    /// <returns>How many.</returns>
    public int CutWatches() => Count("cutWatches", Watches.Cut());

    /// <summary>Ends all open watches by an ERROR event of 410 Expired.</summary>
    /// <returns>How many.</returns>
    public int ExpireWatches() =>
        Count("expireWatches", Watches.End(StatusException.Expired("The resourceVersion for the provided watch is too old.")));

    /// <summary>Aborts all connections, without a goodbye.</summary>
    /// <returns>How many.</returns>
    public int CutConnections() => CutConnections(null);

    /// <summary>
    /// Silences the sockets of all connections in both directions and leaves them open, HTTP/2 pings unanswered;
    /// connections made later work.
    /// </summary>
    /// <returns>How many.</returns>
    public int Freeze() => Freeze(null);

    /// <summary>Lets everything through that <see cref="Freeze()"/>, or a fault of that kind, holds up.</summary>
    /// <returns>How many connections.</returns>
    public int Thaw() => Connections.Thaw();

    /// <summary>
    /// Drops all history: watches from any older revision get 410, as do lists of older revisions, and continue tokens.
    /// Open watches continue.
    /// </summary>
    public void ExpireHistory() => Compact(null);

    /// <summary>
    /// Drops history up to a revision, as etcd's compaction does: requests for an older one get 410. Open watches that
    /// are past it continue.
    /// </summary>
    /// <param name="revision">The oldest revision that stays available; null for the current one.</param>
    public void Compact(long? revision)
    {
        Count("compact", 1);
        _store.Compact(revision);
    }

    /// <summary>
    /// Restores an earlier state with its revision counter, as a restore of etcd does, and cuts all connections:
    /// revisions that clients have seen are assigned a second time, to other writes.
    /// </summary>
    /// <returns>How many connections were cut.</returns>
    public int Restore(StoreBackup backup)
    {
        var cut = Connections.Cut();
        RestoreStore(backup);
        return cut + Connections.Cut(); // and those that came in between
    }

    /// <summary>
    /// Stops accepting connections, and aborts open ones. Comes back by itself after <paramref name="duration"/>, or by
    /// <see cref="ComeBackAsync"/>.
    /// </summary>
    public Task GoDarkAsync(TimeSpan? duration = null, CancellationToken cancellationToken = default)
    {
        Count("goDark", 1);
        return _goDark(duration, cancellationToken);
    }

    /// <summary>Accepts connections again, on the same port.</summary>
    public Task ComeBackAsync(CancellationToken cancellationToken = default) => _comeBack(cancellationToken);

    internal int CutConnections(FreezableTransport? except) => Count("cutConnections", Connections.Cut(except));

    internal int Freeze(FreezableTransport? except) => Count("freeze", Connections.Freeze(except));

    /// <summary>
    /// A restore that leaves connections for the caller to cut; watches are cut first, so that none ends in peace.
    /// </summary>
    internal void RestoreStore(StoreBackup backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        Count("restore", 1);
        Watches.Cut();
        _store.Restore(backup);
    }

    /// <summary>
    /// The faults that strike this request before it is handled, counted and drawn, in the order in which they were
    /// added.
    /// </summary>
    internal IReadOnlyList<RequestFault> Strike(string verb, string? resource, string? ns, IDictionary<object, object?>? connection)
    {
        if (_faults.Length == 0)
        {
            return [];
        }

        lock (_gate)
        {
            var struck = new List<RequestFault>();
            foreach (var standing in _faults)
            {
                var fault = standing.Fault;
                var strikesRequests =
                    fault.Kind is FaultKind.Error or FaultKind.Latency or FaultKind.Cut or FaultKind.Stale or FaultKind.TooLarge
                    || (fault.Kind is FaultKind.Freeze && verb != "watch");
                if (!strikesRequests || !fault.Matches(verb, resource, ns) || !StrikeLocked(standing, connection))
                {
                    continue;
                }

                var most = fault.LatencyMax ?? fault.Latency;
                struck.Add(
                    new(
                        standing,
                        TimeSpan.FromMilliseconds(
                            most > fault.Latency ? fault.Latency + (_random.NextDouble() * (most - fault.Latency)) : fault.Latency
                        )
                    )
                );
            }

            DropUsedUpLocked();
            return struck;
        }
    }

    /// <summary>
    /// The fault of one of these kinds that strikes here, counted and drawn; null for none. At most one strikes.
    /// </summary>
    internal Fault? Draw(string verb, string? resource, string? ns, params ReadOnlySpan<FaultKind> kinds)
    {
        if (_faults.Length == 0)
        {
            return null;
        }

        lock (_gate)
        {
            foreach (var standing in _faults)
            {
                if (kinds.Contains(standing.Fault.Kind) && standing.Fault.Matches(verb, resource, ns) && StrikeLocked(standing, null))
                {
                    DropUsedUpLocked();
                    return standing.Fault;
                }
            }

            return null;
        }
    }

    /// <summary>Draws a number below <paramref name="below"/> by the seed.</summary>
    internal int Next(int below)
    {
        lock (_gate)
        {
            return _random.Next(below);
        }
    }

    /// <summary>Returns when no hang holds this request (any more).</summary>
    internal async ValueTask WhileHangingAsync(string verb, string? resource, string? ns, CancellationToken cancellationToken)
    {
        var counted = false;
        while (_faults.Length > 0)
        {
            Task changed;
            lock (_gate)
            {
                if (!Array.Exists(_faults, f => f.Fault.Kind == FaultKind.Hang && f.Fault.Matches(verb, resource, ns)))
                {
                    return;
                }

                if (!counted)
                {
                    CountLocked("hang", 1);
                    counted = true;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private bool StrikeLocked(StandingFault standing, IDictionary<object, object?>? connection)
    {
        if (!standing.DrawLocked(_random, connection))
        {
            return false;
        }

        var name = standing.Fault.Kind.ToString();
        CountLocked(char.ToLowerInvariant(name[0]) + name[1..], 1);
        return true;
    }

    private void DropUsedUpLocked()
    {
        if (Array.Exists(_faults, f => f.Left == 0))
        {
            _faults = [.. _faults.Where(f => f.Left != 0)];
        }
    }

    private int RemoveLocked(Func<StandingFault, bool> which)
    {
        var gone = _faults.Where(which).ToList();
        foreach (var standing in gone)
        {
            standing.Remove();
        }

        _faults = [.. _faults.Except(gone)];
        ChangedLocked();
        return gone.Count;
    }

    private int Count(string what, int times)
    {
        lock (_gate)
        {
            CountLocked(what, times);
        }

        return times;
    }

    private void CountLocked(string what, int times) => _counts[what] = _counts.GetValueOrDefault(what) + times;

    private void ChangedLocked()
    {
        var waiting = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }
}

/// <summary>A fault that has struck a request.</summary>
/// <param name="Standing">The fault; the request may heal once it has been removed.</param>
/// <param name="Latency">How long to wait, drawn.</param>
internal readonly record struct RequestFault(StandingFault Standing, TimeSpan Latency)
{
    public Fault Fault => Standing.Fault;
}
