using System.Globalization;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// Ten virtual minutes of three candidates, decided by a seed: cuts, kills, stops, pauses, wall clocks that jump, a bad
/// network, and calm in between in which a leader is killed and its successor timed.
/// </summary>
internal sealed class LeaderSimulation
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private readonly VirtualWorld _world;
    private readonly MemoryLeaseStore _store = new();
    private readonly SimulatedFaults _faults;
    private readonly SimulatedSkew _skew;
    private readonly SimulatedCandidate?[] _candidates = new SimulatedCandidate?[3];
    private readonly List<SimulatedCandidate> _leaving = [];
    private readonly List<string> _story = [];
    private readonly TimeSpan _replacement;
    private int _names;

    public LeaderSimulation(int seed, SimulatedSkew skew)
    {
        (_world, _skew) = (new VirtualWorld(seed), skew);
        _faults = new SimulatedFaults(_world);

        // A survivor notices the last renewal one retry period late, and takes the lease when it expires: by the
        // slowest clock, and with a few calm round trips.
        _replacement = ((TimeSpan.FromSeconds(15) + TimeSpan.FromSeconds(2)) / (1 - skew.Drift)) + TimeSpan.FromSeconds(0.4);
    }

    /// <summary>What was seen to go wrong; null for nothing.</summary>
    public string? Fault { get; private set; }

    public int Terms { get; private set; }

    public int KillsTimed { get; private set; }

    public TimeSpan LongestReplacement { get; private set; }

    /// <summary>The last things that happened, for a person to read.</summary>
    public string Story => string.Join('\n', _story.TakeLast(40));

    public async Task RunAsync()
    {
        await _world.Run(async () =>
        {
            for (var i = 0; i < _candidates.Length; i++)
            {
                var at = i;
                _world.After(TimeSpan.FromSeconds(_world.Between(0, 5)), () => Start(at));
            }

            while (_world.Now < Length && Fault is null)
            {
                await _world.Delay(TimeSpan.FromSeconds(_world.Between(0.2, 15)));
                await HappenAsync();
            }

            await EndAsync();
        });
    }

    private async Task HappenAsync()
    {
        // Trouble seeks out the leader: what befalls the others proves little.
        var leader = Array.FindIndex(_candidates, each => each is { IsActing: true });
        var at = leader >= 0 && _world.Chance.Next(3) > 0 ? leader : _world.Chance.Next(_candidates.Length);
        var candidate = _candidates[at];
        if (candidate is null)
        {
            Start(at);
            return;
        }

        var time = TimeSpan.FromSeconds(_world.Chance.Next(2) == 0 ? _world.Between(0, 8) : _world.Between(5, 40));
        switch (_world.Chance.Next(10))
        {
            case 0:
                Note($"{candidate.Elector.Identity} is killed");
                Remove(at).Kill();
                break;
            case 1:
                Note($"{candidate.Elector.Identity} is told to stop");
                Leave(Remove(at));
                break;
            case 2:
                Note($"{candidate.Elector.Identity} stands still for {time}");
                candidate.StandStill(time);
                break;
            case 3:
                candidate.Clock.Offset += TimeSpan.FromSeconds(_world.Between(-4000, 4000));
                break;
            case 4:
                Note($"nobody reaches the lease for {time}");
                Array.ForEach(_candidates, each => Cut(each, time));
                break;
            case 5:
                await KillInCalmAsync();
                break;
            default:
                Note($"{candidate.Elector.Identity} is cut off for {time}");
                Cut(candidate, time);
                break;
        }
    }

    /// <summary>Nothing goes wrong for a while, then the leader is killed, and somebody must lead in time.</summary>
    private async Task KillInCalmAsync()
    {
        Calm();
        await _world.Delay(TimeSpan.FromSeconds(40 + _world.Between(0, 3)));
        var leader = Array.FindIndex(_candidates, each => each is { IsActing: true });
        if (leader >= 0 && Fault is null)
        {
            var killed = _world.Now;
            Note($"{_candidates[leader]!.Elector.Identity} is killed in the calm");
            Remove(leader).Kill();
            await _world.Delay(TimeSpan.Zero);
            while (!_candidates.Any(each => each is { IsActing: true }) && Fault is null)
            {
                if (_world.Now - killed > _replacement)
                {
                    Fail($"no leader {_world.Now - killed} after one was killed, {_replacement} allowed");
                    return;
                }

                await _world.Delay(TimeSpan.FromMilliseconds(10));
            }

            KillsTimed++;
            LongestReplacement = _world.Now - killed > LongestReplacement ? _world.Now - killed : LongestReplacement;
            Start(leader);
        }

        _faults.IsCalm = false;
    }

    /// <summary>In the end somebody leads; all are stopped, and the lease is free.</summary>
    private async Task EndAsync()
    {
        Calm();
        await _world.Delay(TimeSpan.FromMinutes(1));
        if (Fault is null && _candidates.Count(each => each is { IsActing: true }) != 1)
        {
            Fail("nobody leads after a minute of calm");
        }

        if (Fault is null)
        {
            foreach (var candidate in _candidates)
            {
                Leave(candidate!);
                Terms += candidate!.Terms;
            }

            await Task.WhenAll(_leaving.Select(each => each.Running));
            if (!_store.Lease!.Record.IsFree)
            {
                Fail($"{_store.Lease.Record.HolderIdentity} still holds the lease after all have stopped");
            }
        }
    }

    private void Calm()
    {
        _faults.IsCalm = true;
        for (var i = 0; i < _candidates.Length; i++)
        {
            if (_candidates[i] is null)
            {
                Start(i);
            }

            _candidates[i]!.Network.CutUntil = TimeSpan.Zero;
        }
    }

    private void Start(int at)
    {
        if (_candidates[at] is null)
        {
            var candidate = _candidates[at] = new SimulatedCandidate(
                _world,
                _store,
                _faults,
                string.Create(CultureInfo.InvariantCulture, $"candidate-{++_names}"),
                _skew,
                OnActing
            );
            Note($"{candidate.Elector.Identity} starts");
            candidate.Start();
        }
    }

    private SimulatedCandidate Remove(int at)
    {
        var candidate = _candidates[at]!;
        Terms += candidate.Terms;
        _candidates[at] = null;
        return candidate;
    }

    private void Leave(SimulatedCandidate candidate)
    {
        candidate.Stop();
        _leaving.Add(candidate);
    }

    private void Cut(SimulatedCandidate? candidate, TimeSpan time)
    {
        if (candidate is not null)
        {
            candidate.Network.CutUntil = _world.Now + time;
        }
    }

    private void OnActing(SimulatedCandidate acting)
    {
        Note($"{acting.Elector.Identity} acts");
        if (_candidates.Concat(_leaving).FirstOrDefault(each => each is { IsActing: true } && each != acting) is { } other)
        {
            Fail($"{acting.Elector.Identity} acts while {other.Elector.Identity} does");
        }
    }

    private void Fail(string fault)
    {
        Note(fault);
        Fault ??= fault;
    }

    private void Note(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_world.Now.TotalSeconds, 8:0.000} {what}"));
}
