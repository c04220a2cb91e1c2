using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>An immutable list of objects: the contents of a store at one moment.</summary>
/// <remarks>
/// <b>Guarantees.</b> Never changes, is thread-safe, takes no lock and blocks no writer however long it is kept. The
/// order is unspecified, as in client-go. Taking a snapshot is O(1); the store pays for it when it writes (one block of
/// 256 references per change).
/// </remarks>
[SuppressMessage("Naming", "CA1710", Justification = "A snapshot is what the field calls it.")]
public sealed class ObjectSnapshot : IReadOnlyList<RawObject>
{
    internal const int BlockSize = 256;

    private readonly RawObject[][] _blocks;

    internal ObjectSnapshot(RawObject[][] blocks, int count)
    {
        _blocks = blocks;
        Count = count;
    }

    /// <summary>A snapshot of nothing.</summary>
    public static ObjectSnapshot Empty { get; } = new([], 0);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public RawObject this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _blocks[index / BlockSize][index % BlockSize];
        }
    }

    /// <summary>
    /// Compares with an earlier snapshot of the same store: finds the objects that only one of them has. An update is
    /// both: its old version is gone, its new one was added.
    /// </summary>
    /// <remarks>
    /// Snapshots of one store share the blocks that did not change between them, so this reads one block of 256 for
    /// each change. For unrelated snapshots it works too, by reading everything.
    /// </remarks>
    /// <param name="earlier">The earlier snapshot.</param>
    /// <param name="gone">Receives the objects that only the earlier one has.</param>
    /// <param name="come">Receives the objects that only this one has.</param>
    public void DifferencesFrom(ObjectSnapshot earlier, ICollection<RawObject> gone, ICollection<RawObject> come)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentNullException.ThrowIfNull(gone);
        ArgumentNullException.ThrowIfNull(come);
        HashSet<RawObject> left = new(ReferenceEqualityComparer.Instance),
            joined = new(ReferenceEqualityComparer.Instance);
        for (var block = 0; block < Math.Max(_blocks.Length, earlier._blocks.Length); block++)
        {
            var now = Block(block);
            var before = earlier.Block(block);
            for (var i = 0; now != before && i < Math.Max(now.Length, before.Length); i++)
            {
                var (one, other) = (i < before.Length ? before[i] : null, i < now.Length ? now[i] : null);
                if (ReferenceEquals(one, other))
                {
                    continue;
                }

                // One that has only moved within the list is found twice, which is once too often each way.
                if (one is not null && !joined.Remove(one))
                {
                    left.Add(one);
                }

                if (other is not null && !left.Remove(other))
                {
                    joined.Add(other);
                }
            }
        }

        foreach (var o in left)
        {
            gone.Add(o);
        }

        foreach (var o in joined)
        {
            come.Add(o);
        }
    }

    /// <summary>Enumerates without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<RawObject> IEnumerable<RawObject>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ReadOnlySpan<RawObject> Block(int block) =>
        block < _blocks.Length ? _blocks[block].AsSpan(0, Math.Min(_blocks[block].Length, Count - (block * BlockSize))) : [];

    /// <summary>Walks the blocks.</summary>
    public struct Enumerator : IEnumerator<RawObject>
    {
        private readonly ObjectSnapshot _snapshot;
        private int _index;

        internal Enumerator(ObjectSnapshot snapshot)
        {
            _snapshot = snapshot;
            _index = -1;
        }

        /// <inheritdoc/>
        public readonly RawObject Current => _snapshot._blocks[_index / BlockSize][_index % BlockSize];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++_index < _snapshot.Count;

        /// <inheritdoc/>
        public void Reset() => _index = -1;

        /// <inheritdoc/>
        public readonly void Dispose() { }
    }
}
