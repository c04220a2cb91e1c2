namespace Vigia.Kubernetes.Listing;

/// <summary>
/// Ends a read that receives nothing for too long: a server that hangs must not block a list forever.
/// </summary>
internal sealed class IdleTimeoutStream : Stream
{
    private readonly Stream _inner;
    private readonly TimeSpan _limit;
    private readonly string _what;
    private readonly CancellationTokenSource _idle;
    private readonly CancellationTokenSource _either;

    /// <param name="inner">The body; disposed with this.</param>
    /// <param name="limit">The longest silence.</param>
    /// <param name="time">The clock.</param>
    /// <param name="what">Cluster and resource, for the message.</param>
    /// <param name="cancellationToken">Ends every read.</param>
    public IdleTimeoutStream(Stream inner, TimeSpan limit, TimeProvider time, string what, CancellationToken cancellationToken)
    {
        (_inner, _limit, _what) = (inner, limit, what);
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);

        // The read itself is cancelled, not abandoned: its buffer goes back to a pool.
        _either = CancellationTokenSource.CreateLinkedTokenSource(_idle.Token, cancellationToken);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = _inner.ReadAsync(buffer, _either.Token);
        if (read.IsCompletedSuccessfully)
        {
            return await read;
        }

        _idle.CancelAfter(_limit);
        try
        {
            return await read;
        }
        catch (OperationCanceledException) when (_idle.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{_what}: the server sent nothing for {_limit.TotalSeconds:0.#} s");
        }
        finally
        {
            if (!_idle.IsCancellationRequested)
            {
                _idle.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync();
        _either.Dispose();
        _idle.Dispose();
        await base.DisposeAsync();
    }
}
