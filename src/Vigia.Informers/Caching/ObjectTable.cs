using Vigia.Kubernetes;

namespace Vigia.Informers.Caching;

/// <summary>Objects by key: one writer, readers without locks.</summary>
/// <remarks>
/// Open addressing over two flat arrays, 12 bytes a slot. Why not <c>ConcurrentDictionary</c>: it costs 90 bytes an
/// object, a quarter of the budget of an object with metadata only, and its locks are for several writers, which a
/// store does not have. A reader uses the arrays it finds. The writer changes a slot with one store; a table that is
/// full is copied to new arrays, which then replace the old ones.
/// </remarks>
internal sealed class ObjectTable
{
    private const int Smallest = 16;

    // Marks a removed object: a search must not end there.
    private static readonly RawObject s_gone = new([], null, 0, default);

    private Slots _slots = new(Smallest);
    private int _used;

    /// <summary>The number of objects.</summary>
    public int Count { get; private set; }

    /// <summary>The object, or null. Allocates nothing.</summary>
    public RawObject? Get(ObjectKey key)
    {
        var slots = Volatile.Read(ref _slots);
        var at = Find(slots, key, Hash(key), out var found);
        return at >= 0 ? found : null;
    }

    /// <summary>Adds or replaces.</summary>
    public void Set(RawObject o)
    {
        var hash = Hash(o.Key);
        var at = Find(_slots, o.Key, hash, out _);
        if (at >= 0)
        {
            Volatile.Write(ref _slots.Objects[at], o);
            return;
        }

        if ((_used + 1) * 4L > _slots.Objects.Length * 3L)
        {
            Rebuild();
        }

        Insert(_slots, o, hash);
        _used++;
        Count++;
    }

    /// <summary>Removes an object and returns it.</summary>
    public RawObject? Remove(ObjectKey key)
    {
        var at = Find(_slots, key, Hash(key), out var found);
        if (at < 0)
        {
            return null;
        }

        Volatile.Write(ref _slots.Objects[at], s_gone);
        Count--;
        return found;
    }

    private static int Find(Slots slots, ObjectKey key, int hash, out RawObject? found)
    {
        var mask = slots.Objects.Length - 1;
        for (var at = hash & mask; ; at = (at + 1) & mask)
        {
            found = Volatile.Read(ref slots.Objects[at]);
            if (found is null)
            {
                return -1;
            }

            // The hash is written before the object: a reader that sees the object sees its hash.
            if (slots.Hashes[at] == hash && found.Key == key && !ReferenceEquals(found, s_gone))
            {
                return at;
            }
        }
    }

    private static void Insert(Slots slots, RawObject o, int hash)
    {
        var mask = slots.Objects.Length - 1;
        var at = hash & mask;
        while (slots.Objects[at] is not null)
        {
            at = (at + 1) & mask;
        }

        slots.Hashes[at] = hash;
        Volatile.Write(ref slots.Objects[at], o);
    }

    /// <summary>
    /// Copies the objects to new arrays, without the gaps of removed ones; readers use them from their next read on.
    /// </summary>
    private void Rebuild()
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(Smallest, (Count + 1) * 3 / 2));
        var (old, next) = (_slots, new Slots(size));
        for (var i = 0; i < old.Objects.Length; i++)
        {
            if (old.Objects[i] is { } o && !ReferenceEquals(o, s_gone))
            {
                Insert(next, o, old.Hashes[i]);
            }
        }

        _used = Count;
        Volatile.Write(ref _slots, next);
    }

    private static int Hash(ObjectKey key) => HashCode.Combine(key.Name, key.Namespace);

    private sealed class Slots(int size)
    {
        public readonly RawObject?[] Objects = new RawObject?[size];
        public readonly int[] Hashes = new int[size];
    }
}
