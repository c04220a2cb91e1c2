using System.IO.Pipelines;

namespace Vigia.Simulator.Faults;

/// <summary>
/// The bytes of one connection, right above the socket and below TLS, with a valve: while it is shut nothing comes in
/// or goes out and the socket stays open, as when a cable is cut or a NAT has forgotten. Pings of HTTP/2 go unanswered.
/// </summary>
internal sealed class FreezableTransport : IDuplexPipe
{
    private readonly Lock _gate = new();
    private readonly CancellationToken _closed;
    private readonly Writer _writer;
    private TaskCompletionSource? _shut;

    public FreezableTransport(IDuplexPipe inner, CancellationToken closed)
    {
        _closed = closed;
        Input = new Reader(this, inner.Input);
        _writer = new Writer(this, inner.Output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _writer;

    /// <summary>Shuts the valve.</summary>
    /// <returns>False if it is shut already.</returns>
    public bool Freeze()
    {
        lock (_gate)
        {
            if (_shut is not null)
            {
                return false;
            }

            _shut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>Opens the valve: waiting bytes go through.</summary>
    public bool Thaw()
    {
        lock (_gate)
        {
            var shut = _shut;
            _shut = null;
            return shut?.TrySetResult() ?? false;
        }
    }

    /// <summary>
    /// Ends the connection after the flushed bytes, whatever the protocol above it would still send: a client gets
    /// every byte until here and then the end, while an abort (a reset) may take back bytes on their way.
    /// </summary>
    public void End() => _writer.End();

    private Task? Shut
    {
        get
        {
            lock (_gate)
            {
                return _shut?.Task;
            }
        }
    }

    /// <summary>Returns when the valve is open, the connection is gone, or the caller gives up.</summary>
    private async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        while (Shut is { } shut && !_closed.IsCancellationRequested)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_closed, cancellationToken);
            await shut.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Reader(FreezableTransport owner, PipeReader inner) : PipeReader
    {
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(cancellationToken);
            await owner.PassAsync(CancellationToken.None); // the bytes are here, and nobody gets to see them
            return read;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return owner.Shut is null && inner.TryRead(out result);
        }

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }

    private sealed class Writer(FreezableTransport owner, PipeWriter inner) : PipeWriter
    {
        private byte[] _void = [];
        private volatile bool _ended;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => _ended ? 0 : inner.UnflushedBytes;

        public void End()
        {
            _ended = true;
            inner.Complete();
        }

        public override void Advance(int bytes)
        {
            if (!_ended)
            {
                inner.Advance(bytes);
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _ended ? Void(sizeHint) : inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _ended ? Void(sizeHint).Span : inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        // Not completed, where it has ended: the server would abort at once, before the rest is sent.
        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            _ended ? new(new FlushResult(isCanceled: false, isCompleted: false))
            : owner.Shut is null ? inner.FlushAsync(cancellationToken)
            : FlushLaterAsync(cancellationToken);

        private async ValueTask<FlushResult> FlushLaterAsync(CancellationToken cancellationToken)
        {
            await owner.PassAsync(cancellationToken);
            return await inner.FlushAsync(cancellationToken);
        }

        /// <summary>Takes bytes that will never be read.</summary>
        private Memory<byte> Void(int sizeHint)
        {
            if (_void.Length < Math.Max(4096, sizeHint))
            {
                _void = new byte[Math.Max(4096, sizeHint)];
            }

            return _void;
        }
    }
}
