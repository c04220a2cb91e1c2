using Vigia.Gateway.Streams.Waking;

namespace Vigia.Gateway.Streams.Sse;

/// <summary>One client's stream, from its first byte to its last.</summary>
/// <remarks>
/// A loop that looks at each source, writes what is new, and waits. The only place it waits for the client is the flush: a client that does not read stops its own loop, its cursors fall behind, and it is caught up when it
/// reads again. It holds nothing but the cursors. It mostly runs on the threads of a <see cref="Round"/>, so between two waits it never blocks, and with much to do gives the thread back.
/// </remarks>
internal sealed class SseConnection(SourceSet set, SseSink sink, StreamOptions options, Wakers wakers, TimeProvider time, double jitter)
{
    private readonly WakeSignal _wake = new();
    private volatile bool _beat;

    /// <summary>Runs until the client leaves, the stream's time is over, or the gateway stops: then it goes on for its part of <paramref name="drain"/>, so that not all clients come back elsewhere at once.</summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task RunAsync(Func<TimeSpan> drain, CancellationToken client, CancellationToken stopping)
    {
        using var ending = new CancellationTokenSource(options.Lifetime * (1 + (jitter / 4)), time);
        await using var onStop = stopping.UnsafeRegister(_ => ending.CancelAfter(drain() * jitter), null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, ending.Token);
        try
        {
            sink.Begin(options.Retry * (1 + jitter));
            await sink.FlushAsync(client);
            await LoopAsync(either.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested && !client.IsCancellationRequested)
        {
            // 4. Say so, and the client comes back, here or to another replica, with its cursor.
            sink.End(stopping.IsCancellationRequested ? "the gateway is stopping" : "this stream's time is over: come back", options.Retry * (1 + jitter));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
            using var last = CancellationTokenSource.CreateLinkedTokenSource(client, patience.Token);
            await sink.FlushAsync(last.Token);
        }
        finally
        {
            await set.DisposeAsync();
        }
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        await using var onEnd = cancellationToken.UnsafeRegister(static wake => ((WakeSignal)wake!).Set(), _wake);
        await using var heartbeat = time.CreateTimer(
            static connection =>
            {
                ((SseConnection)connection!)._beat = true;
                ((SseConnection)connection)._wake.Set();
            },
            this,
            options.Heartbeat,
            options.Heartbeat);
        var sent = Cursors();
        var isQuiet = true;
        var written = sink.Written;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // 1. Ask to be woken before looking, so that nothing can slip in between; 2. write what is new.
            var any = await set.PumpAsync(sink, wakers, _wake, cancellationToken);
            if (any)
            {
                await sink.FlushAsync(cancellationToken);
                sink.Tally.Flushed(time);

                // What the filter left out has moved the cursor and told the client nothing: it is told by the next bookmark.
                if (sink.Written != written)
                {
                    (written, sent, isQuiet) = (sink.Written, Cursors(), false);
                }

                if (!set.IsAtEnd)
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
                await BeatAsync(isQuiet, sent, cancellationToken);
                (written, sent, isQuiet) = (sink.Written, Cursors(), true);
            }

            await _wake.WaitAsync();
        }
    }

    /// <summary>Something goes out at every heartbeat without an event: a bookmark where the cursor has moved, else a comment.</summary>
    private ValueTask BeatAsync(bool isQuiet, int sent, CancellationToken cancellationToken)
    {
        if (Cursors() != sent)
        {
            sink.Bookmark(time.GetUtcNow());
        }
        else if (isQuiet)
        {
            sink.Beat();
        }
        else
        {
            return ValueTask.CompletedTask;
        }

        return sink.FlushAsync(cancellationToken);
    }

    private int Cursors()
    {
        if (set.Sources is [var only])
        {
            return only.Cursor.Revision.GetHashCode();
        }

        var hash = default(HashCode);
        for (var i = 0; i < set.Sources.Count; i++)
        {
            hash.Add(set.Sources[i].Cursor.Revision);
        }

        return hash.ToHashCode();
    }
}
