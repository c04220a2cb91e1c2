using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Cluster;

/// <summary>
/// State shared by all controllers: the clock, the scheduled actions, and indexes of the store's objects. Used by one
/// loop only; only <see cref="Changes"/> is filled from elsewhere.
/// </summary>
internal sealed partial class World
{
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(40);

    private readonly PriorityQueue<Action, (long Due, long Order)> _plans = new();
    private readonly Dictionary<string, List<PodRecord>> _podsByOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<ObjectKey>> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (GroupVersionResource Gvr, ObjectKey Key)> _controllers = new(StringComparer.Ordinal);
    private readonly HashSet<(GroupVersionResource, ObjectKey)> _dirty = [];
    private readonly Dictionary<GroupVersionResource, Action<ObjectKey>> _reconcilers = [];
    private readonly ILogger _logger;
    private long _order;

    public World(ObjectStore store, TimeProvider time, int seed, ILogger logger)
    {
        Store = store;
        Time = time;
        Random = new Random(seed);
        Now = time.GetUtcNow();
        _logger = logger;
        Events = new EventRecorder(this);
    }

    public ObjectStore Store { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    /// <summary>
    /// When the plan at hand is due: follow-ups are reckoned from it, so that a late loop changes nothing.
    /// </summary>
    public DateTimeOffset Now { get; private set; }

    public Channel<StoreChange> Changes { get; } = Channel.CreateUnbounded<StoreChange>(new() { SingleReader = true });

    public EventRecorder Events { get; }

    public Dictionary<ObjectKey, PodRecord> Pods { get; } = [];

    /// <summary>All pods, in an order that depends on the writes alone: for picking one by chance.</summary>
    public List<PodRecord> PodList { get; } = [];

    public SortedDictionary<string, NodeRecord> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>Raised for every change, after the indexes contain it.</summary>
    public Action<StoreChange>? Changed { get; set; }

    public int Faults { get; private set; }

    /// <summary>Writes seen, anybody's.</summary>
    public long Writes { get; private set; }

    public DateTimeOffset? NextDue => _plans.TryPeek(out _, out var at) ? new DateTimeOffset(at.Due, TimeSpan.Zero) : null;

    public void On(GroupVersionResource gvr, Action<ObjectKey> reconcile) => _reconcilers[gvr] = reconcile;

    public void After(TimeSpan delay, Action action) => _plans.Enqueue(action, ((Now + delay).UtcTicks, _order++));

    public void After(double seconds, Action action) => After(TimeSpan.FromSeconds(seconds), action);

    /// <summary>Plans for a pod: forgotten when it goes, or when its plans change.</summary>
    public void After(double seconds, PodRecord pod, Action action)
    {
        var epoch = pod.Epoch;
        After(
            seconds,
            () =>
            {
                if (!pod.Gone && pod.Epoch == epoch)
                {
                    action();
                }
            }
        );
    }

    public double Between(double low, double high) => low + (Random.NextDouble() * (high - low));

    public T Pick<T>(IReadOnlyList<T> list) => list[Random.Next(list.Count)];

    /// <summary>Schedules a controller for an object soon; several calls become one.</summary>
    public void Touch(GroupVersionResource gvr, ObjectKey key)
    {
        if (_reconcilers.TryGetValue(gvr, out var reconcile) && _dirty.Add((gvr, key)))
        {
            After(
                Coalesce,
                () =>
                {
                    _dirty.Remove((gvr, key));
                    reconcile(key);
                }
            );
        }
    }

    public void TouchOwner(string uid)
    {
        if (_controllers.TryGetValue(uid, out var owner))
        {
            Touch(owner.Gvr, owner.Key);
        }
    }

    public (GroupVersionResource Gvr, ObjectKey Key)? Owner(string uid) => _controllers.TryGetValue(uid, out var owner) ? owner : null;

    public IReadOnlyList<PodRecord> PodsOf(string ownerUid) => _podsByOwner.TryGetValue(ownerUid, out var list) ? list : [];

    /// <summary>The objects of one type that an owner has.</summary>
    public List<StoredObject> ChildrenOf(string ownerUid, GroupVersionResource gvr) =>
        _children.TryGetValue($"{gvr.Resource}/{ownerUid}", out var keys)
            ? [.. keys.Select(k => Store.Get(gvr, k)).OfType<StoredObject>()]
            : [];

    public void Start(DateTimeOffset at) => Now = at > Now ? at : Now;

    /// <summary>Applies written changes, then runs due actions, one by one.</summary>
    /// <returns>The number of actions.</returns>
    public int Run(DateTimeOffset upTo, int most = int.MaxValue)
    {
        var done = 0;
        Drain();
        while (done < most && _plans.TryPeek(out _, out var at) && at.Due <= upTo.UtcTicks)
        {
            var action = _plans.Dequeue();
            Now = at.Due > Now.UtcTicks ? new DateTimeOffset(at.Due, TimeSpan.Zero) : Now;
            try
            {
                action();
            }
            catch (StatusException e)
            {
                // A client was quicker (a namespace went, a name is taken): controllers look again when something
                // changes.
                Faults++;
                Log.Refused(_logger, e.Message);
            }

            done++;
            Drain();
        }

        Start(done < most ? upTo : Now);
        return done;
    }

    public void Add(PodRecord pod)
    {
        if (!Pods.TryAdd(pod.Key, pod))
        {
            return;
        }

        pod.Slot = PodList.Count;
        PodList.Add(pod);
        if (pod.OwnerUid.Length > 0)
        {
            (_podsByOwner.TryGetValue(pod.OwnerUid, out var list) ? list : _podsByOwner[pod.OwnerUid] = []).Add(pod);
        }
    }

    public void Remove(PodRecord pod)
    {
        pod.Gone = true;
        pod.Epoch++;
        Pods.Remove(pod.Key);
        var last = PodList[^1];
        PodList[pod.Slot] = last;
        last.Slot = pod.Slot;
        PodList.RemoveAt(PodList.Count - 1);
        if (pod.Node.Length > 0 && Nodes.TryGetValue(pod.Node, out var node))
        {
            node.Pods--;
        }

        if (_podsByOwner.TryGetValue(pod.OwnerUid, out var list))
        {
            list.Remove(pod);
            if (list.Count == 0)
            {
                _podsByOwner.Remove(pod.OwnerUid);
            }
        }
    }

    /// <summary>Takes an object into the indexes as if it had just been written.</summary>
    public void Take(StoreChange change)
    {
        var (item, gvr) = (change.Item, change.Item.Type.Gvr);
        if (gvr != BuiltInTypes.Events.Gvr && gvr != BuiltInTypes.Pods.Gvr)
        {
            var gone = change.Kind == ChangeKind.Deleted;
            if (_reconcilers.ContainsKey(gvr))
            {
                if (gone)
                {
                    _controllers.Remove(item.Uid);
                }
                else
                {
                    _controllers[item.Uid] = (gvr, item.Key);
                }

                Touch(gvr, item.Key);
            }

            foreach (var uid in item.OwnerUids)
            {
                var name = $"{gvr.Resource}/{uid}";
                if (!gone)
                {
                    (_children.TryGetValue(name, out var set) ? set : _children[name] = []).Add(item.Key);
                }
                else if (_children.TryGetValue(name, out var set) && set.Remove(item.Key) && set.Count == 0)
                {
                    _children.Remove(name);
                }

                TouchOwner(uid);
            }
        }

        Changed?.Invoke(change);
    }

    private void Drain()
    {
        while (Changes.Reader.TryRead(out var change))
        {
            Writes++;
            Take(change);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6100, LogLevel.Debug, "A controller's write was refused: {Message}")]
        public static partial void Refused(ILogger logger, string message);
    }
}
