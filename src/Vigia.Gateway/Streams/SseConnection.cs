
namespace Vigia.Gateway.Streams;

/// <summary>One client's stream, from its first byte to its last.</summary>
/// <remarks>
/// A loop that looks at each source, writes what is new, and waits. The only place it waits for the client is the flush: a client that does not read stops its own loop, its cursors fall behind, and it is caught up when it
/// reads again. It holds nothing but the cursors and the response's buffer.
/// </remarks>
internal sealed class SseConnection(IReadOnlyList<StreamSource> sources, SseSink sink, StreamOptions options, TimeProvider time, double jitter)
{
    /// <summary>Runs until the client leaves or <paramref name="stopping"/> ends.</summary>
    public async Task RunAsync(CancellationToken client, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, stopping);
        try
        {
            sink.Begin(options.Retry * (1 + jitter));
            await sink.FlushAsync(client);
            await LoopAsync(either.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !client.IsCancellationRequested)
        {
            // 4. The gateway stops: say so, and the client comes back to another replica with its cursor.
            sink.Comment("the gateway is stopping");
            await sink.FlushAsync(client);
        }
        finally
        {
            foreach (var source in sources)
            {
                await source.DisposeAsync();
            }
        }
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var waits = new Task[sources.Count + 1];
        var heartbeat = Task.Delay(options.Heartbeat, time, cancellationToken);
        var sent = Cursors();
        while (true)
        {
            // 1. Ask to be woken before looking, so that nothing can slip in between.
            for (var i = 0; i < sources.Count; i++)
            {
                waits[i] = sources[i].NextChange(cancellationToken);
            }

            // 2. Write what is new. A source that has much does so in groups, so that others get their turn.
            var any = false;
            foreach (var source in sources)
            {
                any |= await source.PumpAsync(sink, cancellationToken);
            }

            if (any)
            {
                await sink.FlushAsync(cancellationToken);
                sent = Cursors();
                continue;
            }

            // 3. Nothing new: wait for a change or the heartbeat.
            if (heartbeat.IsCompletedSuccessfully)
            {
                var now = Cursors();
                if (now == sent)
                {
                    sink.Comment("heartbeat");
                }
                else
                {
                    sink.Bookmark(time.GetUtcNow());
                    sent = now;
                }

                await sink.FlushAsync(cancellationToken);
                heartbeat = Task.Delay(options.Heartbeat, time, cancellationToken);
            }

            waits[^1] = heartbeat;
            await Task.WhenAny(waits);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private int Cursors()
    {
        var hash = default(HashCode);
        foreach (var source in sources)
        {
            hash.Add(source.Cursor.Revision);
        }

        return hash.ToHashCode();
    }
}
