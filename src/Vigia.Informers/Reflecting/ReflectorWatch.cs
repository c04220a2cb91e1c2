using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// The request of <see cref="ReflectorPhase.Watch"/>: read in batches, ended when it is overdue, silent or found to be
/// wrong, and verified once if it is silent from its start.
/// </summary>
internal sealed partial class ReflectorWatch(ReflectorContext context, ReflectorStream stream, ResyncRequests resyncs, RevisionProbe probe)
{
    private const int LongestRun = 512;

    private readonly WatchStallDetector _stallDetector = new(context.Options.SilenceLimit, context.Time);
    private readonly WatchEndings _endings = new(context.Source);
    private readonly ILogger _logger = context.Logger;

    public async Task<ReflectorOutcome> RunAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var (target, options, time) = (context.Target, context.Options, context.Time);
        var opened = time.GetTimestamp();
        if (stream.Current is null)
        {
            stream.Prepare();
        }

        // The server ends a watch by itself: a silent watch beyond that is a connection that died unnoticed. A watch
        // that continues a streaming list counts from the start of that list.
        using var overdue = new CancellationTokenSource(stream.Left, time);
        var standing = new CancellationTokenSource();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue.Token, standing.Token);
        var silent = default(TimeSpan?);
        if (!resyncs.TryBeginWatch(standing))
        {
            // Something was found to be wrong just now: that comes first.
            await stream.CloseAsync();
            return WatchEndings.Interrupted(wasOfUse: false);
        }

        var began = target.Revision;
        try
        {
            if (stream.Current is null)
            {
                target.Report(state, ReflectorActivity.Connecting);
                stream.Current = await OpenAsync(new WatchRequest(began, stream.Timeout), state, deadline.Token);
            }

            target.Report(state with { Failures = 0, Reason = null, IsDenied = false }, ReflectorActivity.Live);
            _stallDetector.Begin(() =>
            {
                silent = _stallDetector.Quiet;
                standing.Cancel();
            });
            var batch = new List<WatchEvent>(options.BatchSize);
            var unbroken = 0;
            var isProven = options.ProofPatience == Timeout.InfiniteTimeSpan;
            while (true)
            {
                var reading = ReadBatchAsync(batch, deadline.Token);
                unbroken = reading.IsCompleted ? unbroken + batch.Count : 0;
                (WatchEvent? Last, ObjectFormatException? Undecodable) read;
                if (isProven || reading.IsCompleted)
                {
                    read = await reading;
                }
                else
                {
                    var first = reading.AsTask();
                    if (await probe.VerifyAsync(first, deadline.Token) is { } wentBack)
                    {
                        overdue.Cancel();
                        await Task.WhenAny(first);
                        cancellationToken.ThrowIfCancellationRequested();
                        await stream.CloseAsync();
                        return wentBack;
                    }

                    read = await first;
                }

                isProven = true;
                var (last, undecodable) = read;
                if (batch.Count > 0)
                {
                    _stallDetector.Heard(batch.Exists(static read => read.Type == WatchEventType.Bookmark));
                }

                if (unbroken > LongestRun)
                {
                    // A backlog is read without ever waiting: its handlers need the processor too.
                    unbroken = 0;
                    await Task.Yield();
                }

                if (!target.Apply(CollectionsMarshal.AsSpan(batch)))
                {
                    await stream.CloseAsync();
                    return _endings.OlderVersion(WasOfUse());
                }

                if (undecodable is not null)
                {
                    await stream.CloseAsync();
                    return _endings.Undecodable(undecodable, WasOfUse());
                }

                switch (last)
                {
                    case null:
                        await stream.CloseAsync();
                        return _endings.Completed(WasOfUse());
                    case { Type: WatchEventType.Error } error:
                        await stream.CloseAsync();
                        return _endings.Error(error.Status!, WasOfUse());
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && standing.IsCancellationRequested)
        {
            await stream.CloseAsync();
            if (silent is not { } quiet)
            {
                return WatchEndings.Interrupted(WasOfUse());
            }

            Interlocked.Increment(ref context.Counters._silences);
            return _endings.Silent(time.GetUtcNow() - quiet);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await stream.CloseAsync();
            return _endings.Overdue(stream.Longest);
        }
        catch (Exception error) when (stream.Current is not null && error is not OperationCanceledException)
        {
            // A stream that had stood: reconnect at once. One that had not: as any failed request.
            await stream.CloseAsync();
            return _endings.Broken(error, WasOfUse());
        }
        finally
        {
            _stallDetector.End();
            resyncs.EndWatch();
        }

        // It got somewhere, or stood for a while. Events alone prove nothing: a server may send the same ones each time
        // and end.
        bool WasOfUse() => target.Revision != began || time.GetElapsedTime(opened) >= TimeSpan.FromSeconds(1);
    }

    /// <summary>Opens a watch. The server may never answer it, so the cache must not count as live meanwhile.</summary>
    private async Task<IWatchStream> OpenAsync(WatchRequest request, ReflectorState state, CancellationToken cancellationToken)
    {
        var (source, patience) = (context.Source, context.Options.AnswerPatience);
        var opening = source.WatchAsync(request, cancellationToken);
        try
        {
            return await opening.WaitAsync(patience, context.Time, CancellationToken.None);
        }
        catch (TimeoutException) when (!opening.IsCompleted)
        {
            context.Target.Report(
                state with
                {
                    Reason =
                        $"{source.Cluster} has not answered the watch of {source.Resource.GroupResource} for "
                        + $"{patience.TotalSeconds:0.###} s",
                },
                ReflectorActivity.Connecting
            );
            return await opening;
        }
    }

    /// <summary>
    /// Reads one event and what else has come with it. An event that cannot be read ends the batch: those before it
    /// count.
    /// </summary>
    private async ValueTask<(WatchEvent? Last, ObjectFormatException? Undecodable)> ReadBatchAsync(
        List<WatchEvent> batch,
        CancellationToken cancellationToken
    )
    {
        batch.Clear();
        try
        {
            do
            {
                var read = await stream.Current!.ReadAsync(cancellationToken);
                if (read is not { } one || one.Type == WatchEventType.Error)
                {
                    return (read, null);
                }

                batch.Add(one);
            } while (batch.Count < context.Options.BatchSize && stream.Current.HasBuffered);

            return (batch[^1], null);
        }
        catch (ObjectFormatException undecodable)
        {
            LogUndecodable(context.Source.Cluster, context.Source.Resource.GroupResource, undecodable.Message);
            return (null, undecodable);
        }
    }

    [LoggerMessage(2002, LogLevel.Error, "{Cluster} {Resource}: an event cannot be read, relisting: {Reason}")]
    private partial void LogUndecodable(string cluster, string resource, string reason);
}
