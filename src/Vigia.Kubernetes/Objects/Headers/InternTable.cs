namespace Vigia.Kubernetes.Objects.Headers;

/// <summary>One instance for equal bytes: equal JSON returns the same value again.</summary>
/// <remarks>
/// Keeps no bytes: whether a value equals some bytes is decided by <paramref name="says"/>. It grows with its contents,
/// and is cleared when it has more than <paramref name="most"/> values: values that never repeat cannot make it grow
/// without limit. Not thread-safe.
/// </remarks>
internal sealed class InternTable<T>(int most, InternTable<T>.Says says)
    where T : class
{
    // Colliding keys overwrite each other after so many steps: others choose the keys.
    private const int LongestProbe = 8;
    private const int Smallest = 16;

    private (T? Value, int Hash)[] _slots = new (T?, int)[Smallest];
    private int _count;

    /// <summary>True if the value equals the bytes.</summary>
    public delegate bool Says(T value, ReadOnlySpan<byte> bytes);

    /// <summary>The value of these bytes, or null.</summary>
    public T? Find(ReadOnlySpan<byte> bytes)
    {
        var hash = StringCache.Hash(bytes);
        var mask = _slots.Length - 1;
        for (var probe = 0; probe < LongestProbe; probe++)
        {
            ref var slot = ref _slots[(hash + probe) & mask];
            if (slot.Value is null)
            {
                return null;
            }

            if (slot.Hash == hash && says(slot.Value, bytes))
            {
                return slot.Value;
            }
        }

        return null;
    }

    /// <summary>Remembers the value of these bytes; returns it.</summary>
    public T Add(ReadOnlySpan<byte> bytes, T value)
    {
        if (_count >= most)
        {
            (_slots, _count) = (new (T?, int)[Smallest], 0);
        }

        if (_count * 2 >= _slots.Length)
        {
            var old = _slots;
            (_slots, _count) = (new (T?, int)[old.Length * 2], 0);
            foreach (var (held, hash) in old)
            {
                if (held is not null)
                {
                    Place(held, hash);
                }
            }
        }

        Place(value, StringCache.Hash(bytes));
        return value;
    }

    private void Place(T value, int hash)
    {
        var mask = _slots.Length - 1;
        for (var probe = 0; probe < LongestProbe; probe++)
        {
            ref var slot = ref _slots[(hash + probe) & mask];
            if (slot.Value is null)
            {
                slot = (value, hash);
                _count++;
                return;
            }
        }

        _slots[hash & mask] = (value, hash);
    }
}
