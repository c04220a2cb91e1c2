using Vigia.Catalog.Describing;
using Vigia.Catalog.Relations;
using Vigia.Kubernetes;

namespace Vigia.Live.Events;

/// <summary>The last events of every object, longer than the API server keeps them.</summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe. Bounded by number for each object, by number in all, and by age. What says
/// the same of the same object (type, reason, message and source) is one event that counts up: over updates of one
/// event by what its count grew, over a new event object (the old one had expired) by all of its count.
/// </remarks>
internal sealed class EventHistory(EventHistoryOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Cluster, string Key), List<Entry>> _objects = [];
    private int _count;
    private long _dropped;

    /// <summary>How many events are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>How many were dropped because there were too many, of one object or in all.</summary>
    public long Dropped
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    /// <summary>An event was made or changed.</summary>
    public void Add(string cluster, RawObject e)
    {
        var about = EventAbout.Of(e);
        if (about.Name.Length == 0)
        {
            return;
        }

        var record = EventRecord.Of(e);
        lock (_gate)
        {
            var key = (cluster, about.Key);
            if (!_objects.TryGetValue(key, out var entries))
            {
                _objects[key] = entries = [];
            }

            if (entries.Find(known => IsSame(known.Event.Record, record)) is { } entry)
            {
                entry.See(e.Uid, record);
                return;
            }

            // All events of an object share the same reference to it.
            about = entries.Find(known => known.Event.About == about)?.Event.About ?? about;
            entries.Add(new(new(cluster, e.Namespace, about, record), e.Uid));
            _count++;
            if (entries.Count > options.PerObject)
            {
                entries.Remove(entries.MinBy(known => known.Event.Record.Last)!);
                _count--;
                _dropped++;
            }

            if (_count > options.Most)
            {
                DropOldestLocked();
            }
        }
    }

    /// <summary>
    /// The API server has dropped an event: it is kept, and a later one with the same text adds to its count.
    /// </summary>
    public void Forget(string cluster, RawObject e)
    {
        lock (_gate)
        {
            foreach (var entry in _objects.GetValueOrDefault((cluster, EventAbout.Of(e).Key)) ?? [])
            {
                entry.Forget(e.Uid);
            }
        }
    }

    /// <summary>The events about an object, the latest last.</summary>
    public IReadOnlyList<KeptEvent> Of(string cluster, string kind, RawObject o)
    {
        lock (_gate)
        {
            return
            [
                .. EventAbout
                    .KeysOf(kind, o)
                    .SelectMany(key => _objects.GetValueOrDefault((cluster, key)) ?? [])
                    .Select(entry => entry.Event)
                    .Where(e => e.About.IsAbout(e.Namespace, kind, o))
                    .OrderBy(e => e.Record.Last),
            ];
        }
    }

    /// <summary>Everything of a cluster at this moment.</summary>
    public IReadOnlyList<KeptEvent> Of(string cluster)
    {
        lock (_gate)
        {
            return [.. _objects.Where(pair => pair.Key.Cluster == cluster).SelectMany(pair => pair.Value).Select(entry => entry.Event)];
        }
    }

    /// <summary>Drops events that are too old, and those of objects that have been gone for the grace period.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="exists">Whether the object of an event exists; null if unknown.</param>
    public void Sweep(DateTimeOffset now, Func<string, EventAbout, bool?> exists)
    {
        (string Cluster, string Key)[] keys;
        lock (_gate)
        {
            keys = [.. _objects.Keys];
        }

        // One by one, so that writers and readers do not wait for the whole sweep.
        foreach (var key in keys)
        {
            lock (_gate)
            {
                if (!_objects.TryGetValue(key, out var entries))
                {
                    continue;
                }

                var isThere = exists(key.Cluster, entries[0].Event.About);
                foreach (var entry in entries)
                {
                    // A moment that lies ahead is of before the clock was set back.
                    entry.GoneSince =
                        isThere != false ? null
                        : entry.GoneSince is { } since && since <= now ? since
                        : now;
                }

                _count -= entries.RemoveAll(entry => now - entry.Event.Record.Last > options.Age || now - entry.GoneSince >= options.Grace);
                if (entries.Count == 0)
                {
                    _objects.Remove(key);
                }
            }
        }
    }

    private static bool IsSame(EventRecord left, EventRecord right) =>
        left.Reason == right.Reason && left.Message == right.Message && left.Source == right.Source && left.Type == right.Type;

    /// <summary>A tenth at once, so that a storm of events does not look through all of them for each.</summary>
    private void DropOldestLocked()
    {
        var many = Math.Max(1, options.Most / 10);
        var limit = _objects.Values.SelectMany(entries => entries).Select(entry => entry.Event.Record.Last).Order().ElementAt(many - 1);
        foreach (var (key, entries) in _objects.ToArray())
        {
            var dropped = entries.RemoveAll(entry => many > 0 && entry.Event.Record.Last <= limit && many-- > 0);
            _count -= dropped;
            _dropped += dropped;
            if (entries.Count == 0)
            {
                _objects.Remove(key);
            }
        }
    }

    private sealed class Entry
    {
        // The event objects that say this, with the count each had last: mostly one.
        private (string Uid, long Count)[] _seen;

        public Entry(KeptEvent e, string uid)
        {
            Event = e;
            _seen = [(uid, e.Record.Count)];
        }

        public KeptEvent Event { get; private set; }

        public DateTimeOffset? GoneSince { get; set; }

        public void See(string uid, EventRecord record)
        {
            var known = Event.Record;
            var at = Array.FindIndex(_seen, seen => seen.Uid == uid);
            var more = Math.Max(0, record.Count - (at < 0 ? 0 : _seen[at].Count));
            if (at < 0)
            {
                _seen = [.. _seen, (uid, record.Count)];
            }
            else
            {
                _seen[at].Count = record.Count;
            }

            Event = Event with
            {
                Record = known with
                {
                    Count = known.Count + more,
                    First = record.First < known.First ? record.First : known.First,
                    Last = record.Last > known.Last ? record.Last : known.Last,
                },
            };
        }

        public void Forget(string uid) => _seen = [.. _seen.Where(seen => seen.Uid != uid)];
    }
}
