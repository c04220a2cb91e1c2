using System.Buffers;

namespace Vigia.Kubernetes.Listing;

/// <summary>The unread part of a response body, contiguous, so that an object can be scanned in place.</summary>
/// <remarks>
/// Pipeline step 1 (docs/architecture.md). One pooled array that grows to the largest object and is compacted before
/// each read; a <c>PipeReader</c> would need a copy whenever an object crosses a segment. Not thread-safe.
/// </remarks>
internal sealed class BodyBuffer(Stream body, int largest, bool wipes = false) : IDisposable
{
    // A read of 64 KiB contains three large pods: fewer, larger reads gained nothing on loopback or TLS.
    private const int InitialSize = 128 * 1024;
    private const int SmallestRead = 64 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _start;
    private int _end;

    /// <summary>Bytes that were read and not yet consumed.</summary>
    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Steps over <paramref name="count"/> bytes.</summary>
    public void Consume(int count)
    {
        if (wipes)
        {
            _bytes.AsSpan(_start, count).Clear();
        }

        _start += count;
    }

    /// <summary>Reads more; false at the end of the body.</summary>
    /// <exception cref="ObjectFormatException">One object is larger than allowed.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await body.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        (_start, _end) = (0, 0);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: wipes);
        }
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }

        if (_bytes.Length - _end >= SmallestRead)
        {
            return;
        }

        var unread = _end - _start;
        if (unread > largest)
        {
            throw new ObjectFormatException($"one object is larger than {largest:N0} bytes, this client's limit");
        }

        var target =
            _bytes.Length - unread >= SmallestRead
                ? _bytes
                : ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, unread + SmallestRead));
        Buffer.BlockCopy(_bytes, _start, target, 0, unread);
        if (!ReferenceEquals(target, _bytes))
        {
            ArrayPool<byte>.Shared.Return(_bytes, clearArray: wipes);
            _bytes = target;
        }

        if (wipes)
        {
            _bytes.AsSpan(unread).Clear();
        }

        (_start, _end) = (0, unread);
    }
}
