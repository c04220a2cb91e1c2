using Vigia.Live.Notifications;
using Vigia.Live.Subscriptions;

namespace Vigia.Gateway.Endpoints.Sse;

/// <summary>One client's stream, from its first byte to its last.</summary>
/// <remarks>
/// A loop that reads each source, writes new changes, and waits. It waits for the client only in the flush: a client
/// that does not read stops its own loop, its cursors fall behind, and it is caught up when it reads again. It holds
/// only the cursors. It mostly runs on the threads of a <see cref="NotificationBatch"/>, so between two waits it never
/// blocks, and with much to do it yields the thread.
/// </remarks>
internal sealed class SseConnection : ITimerCallback
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SubscriptionSet _set;
    private readonly SseSink _sink;
    private readonly SseContext _all;
    private readonly double _jitter;
    private readonly AsyncSignal _wake = new();
    private readonly TimerEntry _timer;
    private long _end;
    private volatile bool _beat;
    private volatile bool _isOver;

    /// <summary>Creates a stream; it begins with <see cref="RunAsync"/>.</summary>
    public SseConnection(SubscriptionSet set, SseSink sink, SseContext all, double jitter)
    {
        (_set, _sink, _all, _jitter) = (set, sink, all, jitter);
        _timer = new TimerEntry(this);
    }

    /// <summary>
    /// Runs until the client leaves, the stream reaches its longest life, or the gateway stops. In the last case it
    /// continues for a random part of the drain timeout, so that not all clients reconnect elsewhere at once.
    /// </summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task RunAsync(CancellationToken client)
    {
        EndAfter(_all.Options.Lifetime * (1 + (_jitter / 4)));
        Arm(TimeLeft);
        var onStop = _all.Stopping.UnsafeRegister(static connection => ((SseConnection)connection!).Drain(), this);
        var onLeave = client.UnsafeRegister(static connection => ((SseConnection)connection!)._wake.Set(), this);
        try
        {
            _sink.Begin(_all.Options.Retry * (1 + _jitter));
            await _sink.FlushAsync(client);
            var sent = Cursors();
            var isQuiet = true;
            var written = _sink.Written;
            while (true)
            {
                client.ThrowIfCancellationRequested();
                if (_isOver)
                {
                    break;
                }

                // 1. Register for notification before reading, so that nothing is missed in between; 2. write new
                // changes.
                var any = await _set.PumpAsync(_sink, _all.ChangeNotifier, _wake, client);
                if (any)
                {
                    await _sink.FlushAsync(client);
                    _sink.Tally.Flushed(_all.Time);

                    // Changes outside the filter have moved the cursor without an event: the next bookmark sends it.
                    if (_sink.Written != written)
                    {
                        (written, sent, isQuiet) = (_sink.Written, Cursors(), false);
                    }

                    if (!_set.IsAtEnd)
                    {
                        // Others get their turn.
                        await Task.Yield();
                        continue;
                    }
                }

                // 3. Nothing more: wait for a change or the heartbeat.
                if (_beat)
                {
                    _beat = false;
                    if (Write(isQuiet, sent))
                    {
                        await _sink.FlushAsync(client);
                    }

                    (written, sent, isQuiet) = (_sink.Written, Cursors(), true);
                }

                await _wake.WaitAsync();
            }

            // 4. Say so, and the client comes back, here or to another replica, with its cursor.
            _sink.End(
                _all.Stopping.IsCancellationRequested ? "the gateway is stopping" : "this stream has reached its longest life: reconnect",
                _all.Options.Retry * (1 + _jitter)
            );
            using var patience = new CancellationTokenSource(Patience, _all.Time);
            using var last = CancellationTokenSource.CreateLinkedTokenSource(client, patience.Token);
            do
            {
                await _sink.FlushAsync(last.Token);
            } while (_sink.WasHurried);
        }
        finally
        {
            _timer.Cancel();
            await onStop.DisposeAsync();
            await onLeave.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    void ITimerCallback.OnDue()
    {
        var left = TimeLeft;
        if (left <= TimeSpan.Zero)
        {
            _isOver = true;
            _sink.Hurry();
        }
        else
        {
            _beat = true;
            Arm(left);
        }

        _wake.Set();
    }

    private TimeSpan TimeLeft => _all.Time.GetElapsedTime(_all.Time.GetTimestamp(), Volatile.Read(ref _end));

    private void Arm(TimeSpan left) => _all.CoalescingTimer.Schedule(_timer, left < _all.Options.Heartbeat ? left : _all.Options.Heartbeat);

    private void Drain()
    {
        var drain = _all.Drain() * _jitter;
        EndAfter(drain);
        _all.CoalescingTimer.Schedule(_timer, drain);
    }

    private void EndAfter(TimeSpan time) =>
        Volatile.Write(ref _end, _all.Time.GetTimestamp() + (long)(time.TotalSeconds * _all.Time.TimestampFrequency));

    /// <summary>
    /// Something goes out at every heartbeat without an event: a bookmark where the cursor has moved, else a comment.
    /// </summary>
    private bool Write(bool isQuiet, int sent)
    {
        if (Cursors() != sent)
        {
            _sink.Bookmark(_all.Time.GetUtcNow());
            return true;
        }

        if (isQuiet)
        {
            _sink.Beat();
        }

        return isQuiet;
    }

    private int Cursors()
    {
        var sources = _set.Sources;
        if (sources.Count == 1)
        {
            return sources[0].Cursor.Revision.GetHashCode();
        }

        var hash = default(HashCode);
        for (var i = 0; i < sources.Count; i++)
        {
            hash.Add(sources[i].Cursor.Revision);
        }

        return hash.ToHashCode();
    }
}
