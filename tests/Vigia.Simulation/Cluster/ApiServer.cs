using Vigia.Kubernetes;

namespace Vigia.Simulation.Cluster;

/// <summary>One API server of several: its watch cache follows the truth, at times from far behind.</summary>
internal sealed class ApiServer(Truth truth, string name)
{
    private readonly List<WatchConnection> _watches = [];
    private SortedDictionary<ObjectKey, ObjectVersion> _cache = [];
    private int _read;

    public string Name => name;

    /// <summary>The revision that its cache has reached.</summary>
    public ulong Seen { get; private set; } = truth.Revision;

    public IReadOnlyDictionary<ObjectKey, ObjectVersion> Cache => _cache;

    public int OpenWatches => _watches.Count;

    /// <summary>Reads up to <paramref name="max"/> changes of the log and tells the watches.</summary>
    public void Follow(int max = int.MaxValue)
    {
        while (_read < truth.Log.Count && max-- > 0)
        {
            var change = truth.Log[_read++];
            if (change.Type == "DELETED")
            {
                _cache.Remove(change.Version.Key);
            }
            else
            {
                _cache[change.Version.Key] = change.Version;
            }

            Seen = change.Version.Revision;
            foreach (var watch in _watches)
            {
                watch.Send(change);
            }
        }

        if (_read == truth.Log.Count)
        {
            Seen = truth.Revision;
        }
    }

    /// <summary>Starts over from the present truth: after a restart or a restore.</summary>
    public void Restart()
    {
        foreach (var watch in _watches.ToArray())
        {
            watch.Cut();
        }

        _cache = new(truth.Base.Objects);
        (_read, Seen) = (0, truth.Base.Revision);
        Follow();
    }

    /// <summary>Begins a watch: what its history has after the revision, then what comes.</summary>
    public void Attach(WatchConnection watch, ulong after)
    {
        for (var i = 0; i < _read; i++)
        {
            if (truth.Log[i].Version.Revision > after)
            {
                watch.Send(truth.Log[i]);
            }
        }

        _watches.Add(watch);
    }

    public void Detach(WatchConnection watch) => _watches.Remove(watch);

    public void ForEachWatch(Action<WatchConnection> action)
    {
        foreach (var watch in _watches.ToArray())
        {
            action(watch);
        }
    }
}
