using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Vigia.Kubernetes.Objects;

namespace Vigia.Informers.Storing;

/// <summary>An immutable list of objects: what a store held at one moment.</summary>
/// <remarks>
/// <b>Guarantees.</b> Never changes, safe on any thread, holds no lock and blocks no writer however long it is kept. The order is unspecified, as client-go's. Taking one is O(1); the
/// store pays for it when it writes (one block of 256 references a change).
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

    /// <summary>Enumerates without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<RawObject> IEnumerable<RawObject>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

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
        public readonly void Dispose()
        {
        }
    }
}
