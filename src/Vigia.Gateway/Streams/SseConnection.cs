
namespace Vigia.Gateway.Streams;

/// <summary>One client's stream, from its first byte to its last.</summary>
/// <remarks>
/// A loop that looks at each source, writes what is new, and waits. The only place it waits for the client is the flush: a client that does not read stops its own loop, its cursors fall behind, and it is caught up when it
/// reads again. It holds nothing but the cursors and the response's buffer.
/// </remarks>
internal sealed class SseConnection(SourceSet set, SseSink sink, StreamOptions options, TimeProvider time, double jitter)
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
            await set.DisposeAsync();
        }
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        var sources = set.Sources;
        var waits = new Task[sources.Count + 2];
        var heartbeat = Task.Delay(options.Heartbeat, time, cancellationToken);
        var sent = Cursors();
        while (true)
        {
            // 1. Ask to be woken before looking, so that nothing can slip in between. Clusters and resources come and go: what left is told, what joined is a source like any other.
            var changed = set.NextChange;
            var any = await set.RefreshAsync(sink, cancellationToken);
            if (waits.Length != sources.Count + 2)
            {
                waits = new Task[sources.Count + 2];
            }

            waits[^2] = changed;
            for (var i = 0; i < sources.Count; i++)
            {
                waits[i] = sources[i].NextChange();
            }

            // 2. Write what is new. A source that has much does so in groups, so that others get their turn.
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
        foreach (var source in set.Sources)
        {
            hash.Add(source.Cursor.Revision);
        }

        return hash.ToHashCode();
    }
}
