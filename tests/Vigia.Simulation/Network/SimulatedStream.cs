using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Network;

/// <summary>
/// The client's end of a response body: bytes arrive late, in pieces of any size, and perhaps not to the end.
/// </summary>
internal sealed class SimulatedStream : Stream
{
    private readonly Random _random;
    private readonly SimulationClock _clock;
    private readonly Connections _connections;
    private readonly TimeSpan _latency;
    private readonly Queue<byte[]> _arrived = new();
    private int _available;
    private int _taken;
    private TaskCompletionSource? _waiting;
    private long _lastDue;
    private bool _isFrozen;
    private bool _isEnded;
    private bool _isBroken;
    private bool _isDisposed;

    public SimulatedStream(Random random, SimulationClock clock, Connections connections, TimeSpan latency)
    {
        (_random, _clock, _connections, _latency) = (random, clock, connections, latency);
        connections.Opened(this);
    }

    /// <summary>Called when the client closes it.</summary>
    public Action? OnClosed { get; set; }

    /// <summary>Called when the client has read it to its end.</summary>
    public Action? OnReadToEnd { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Push(byte[] bytes) =>
        After(() =>
        {
            _arrived.Enqueue(bytes);
            _available += bytes.Length;
        });

    public void End() => After(() => _isEnded = true);

    /// <summary>Breaks within what is under way.</summary>
    public void Cut()
    {
        if (!_isFrozen)
        {
            _isBroken = true;
            Wake();
        }
    }

    /// <summary>Nothing arrives any more, and nobody says so: unless pings find out.</summary>
    public void Freeze()
    {
        _isFrozen = true;
        if (_connections.PingTimeout is { } timeout)
        {
            Later(
                timeout,
                () =>
                {
                    _isBroken = true;
                    Wake();
                }
            );
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isBroken)
            {
                throw new IOException("the simulated connection broke");
            }

            if (_available > 0)
            {
                var count = Math.Min(Math.Min(buffer.Length, _available), _random.Next(4) == 0 ? _random.Next(1, 200) : int.MaxValue);
                Take(buffer.Span[..count]);
                return count;
            }

            if (_isEnded)
            {
                OnReadToEnd?.Invoke();
                return 0;
            }

            var waiting = _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
            await waiting.Task;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _connections.Closed(this);
            OnClosed?.Invoke();
        }

        base.Dispose(disposing);
    }

    private void Take(Span<byte> target)
    {
        _available -= target.Length;
        while (!target.IsEmpty)
        {
            var first = _arrived.Peek().AsSpan(_taken);
            var count = Math.Min(first.Length, target.Length);
            first[..count].CopyTo(target);
            target = target[count..];
            _taken += count;
            if (count == first.Length)
            {
                _arrived.Dequeue();
                _taken = 0;
            }
        }
    }

    /// <summary>In the order in which it was sent, each after its own delay.</summary>
    private void After(Action arrive)
    {
        var due = Math.Max(_lastDue, _clock.Ticks + (long)(_latency.Ticks * _random.NextDouble()));
        _lastDue = due;
        Later(
            TimeSpan.FromTicks(due - _clock.Ticks),
            () =>
            {
                if (!_isFrozen && !_isBroken)
                {
                    arrive();
                    Wake();
                }
            }
        );
    }

    /// <summary>A timer of the network, which outlives nobody: it is fired and gone.</summary>
    private void Later(TimeSpan delay, Action action) =>
        _connections.Later(
            delay,
            () =>
            {
                if (!_isDisposed)
                {
                    action();
                }
            }
        );

    private void Wake() => Interlocked.Exchange(ref _waiting, null)?.TrySetResult();
}
