using Vigia.Kubernetes;

namespace Vigia.Informers.Caching;

/// <summary>The writer's side of a list: dense, copy-on-write by blocks of 256.</summary>
/// <remarks>
/// One writer. Between two calls of <see cref="Publish"/> a block is copied at most once, however many of its objects
/// change; a published block never changes again. A single change thus costs one block (2 KB) and the table of blocks
/// (8 bytes per 256 objects); a list of thousands costs each block once.
/// </remarks>
internal sealed class SnapshotBuilder
{
    private RawObject[][] _blocks = [];
    private int[] _ownedSince = [];
    private int _count;
    private int _epoch = 1;
    private ObjectSnapshot _published = ObjectSnapshot.Empty;

    /// <summary>The last published snapshot; thread-safe.</summary>
    public ObjectSnapshot Published => Volatile.Read(ref _published);

    /// <summary>Objects, the unpublished ones included.</summary>
    public int Count => _count;

    /// <summary>The object at a position, the unpublished ones included.</summary>
    public RawObject this[int position] => _blocks[position / ObjectSnapshot.BlockSize][position % ObjectSnapshot.BlockSize];

    /// <summary>Adds an object; returns its position.</summary>
    public int Append(RawObject o)
    {
        var block = _count / ObjectSnapshot.BlockSize;
        if (block == _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(4, _blocks.Length * 2));
            Array.Resize(ref _ownedSince, _blocks.Length);
        }

        Own(block, _count % ObjectSnapshot.BlockSize + 1)[_count % ObjectSnapshot.BlockSize] = o;
        return _count++;
    }

    /// <summary>Replaces the object at a position.</summary>
    public void Set(int position, RawObject o) => Own(position / ObjectSnapshot.BlockSize, 0)[position % ObjectSnapshot.BlockSize] = o;

    /// <summary>
    /// Removes the object at a position by moving the last one there; returns the moved one, null if it was the last
    /// itself.
    /// </summary>
    public RawObject? RemoveAt(int position)
    {
        var last = --_count;
        var block = Own(last / ObjectSnapshot.BlockSize, 0);
        var moved = block[last % ObjectSnapshot.BlockSize];
        block[last % ObjectSnapshot.BlockSize] = null!;
        if (position == last)
        {
            return null;
        }

        Set(position, moved);
        return moved;
    }

    /// <summary>Makes all changes since the last call visible at once.</summary>
    public void Publish()
    {
        var blocks = (_count + ObjectSnapshot.BlockSize - 1) / ObjectSnapshot.BlockSize;
        _blocks.AsSpan(blocks).Clear();
        Volatile.Write(
            ref _published,
            _count == 0 ? ObjectSnapshot.Empty : new ObjectSnapshot(_blocks.AsSpan(0, blocks).ToArray(), _count)
        );
        _epoch++;
    }

    /// <summary>A block that may be written to: copied if it was published, grown if it is short.</summary>
    private RawObject[] Own(int block, int needed)
    {
        var current = _blocks[block] ?? [];
        if (_ownedSince[block] == _epoch && current.Length >= needed)
        {
            return current;
        }

        // Small namespaces stay small: blocks grow by doubling up to their full size.
        var size = Math.Max(
            current.Length,
            Math.Min(ObjectSnapshot.BlockSize, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, 4)))
        );
        var copy = new RawObject[size];
        current.CopyTo(copy, 0);
        _ownedSince[block] = _epoch;
        return _blocks[block] = copy;
    }
}
