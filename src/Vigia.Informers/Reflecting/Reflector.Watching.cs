using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// The watch: read in batches, ended when it is overdue, silent or found to be wrong, and verified once if it is silent
/// from its start.
/// </summary>
internal sealed partial class Reflector
{
    private const int LongestRun = 512;

    private async Task<ReflectorOutcome> WatchAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var opened = time.GetTimestamp();
        if (_stream is null)
        {
            (_asked, _timeout) = (opened, WatchTimeout());
        }

        // The server ends a watch by itself: a silent watch beyond that is a connection that died unnoticed. A watch
        // that continues a streaming list counts from the start of that list.
        var left = _timeout + options.WatchGrace - time.GetElapsedTime(_asked);
        using var overdue = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        var standing = new CancellationTokenSource();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue.Token, standing.Token);
        var silent = default(TimeSpan?);
        if (!Stand(standing))
        {
            // Something was found to be wrong just now: that comes first.
            await CloseAsync();
            return new(ReflectorEnding.Completed);
        }

        var began = target.Revision;
        try
        {
            if (_stream is null)
            {
                target.Report(state, ReflectorActivity.Connecting);
                _stream = await OpenAsync(new WatchRequest(began, _timeout), state, deadline.Token);
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
                    if (await VerifyRevisionAsync(first, deadline.Token) is { } wentBack)
                    {
                        overdue.Cancel();
                        await Task.WhenAny(first);
                        cancellationToken.ThrowIfCancellationRequested();
                        await CloseAsync();
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

                if (!target.Apply(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch)))
                {
                    await CloseAsync();
                    return new(
                        ReflectorEnding.WentBack,
                        $"{source.Cluster} sent a version of {source.Resource.GroupResource} older than one seen before",
                        WasOfUse: WasOfUse()
                    );
                }

                if (undecodable is not null)
                {
                    await CloseAsync();
                    return new(
                        ReflectorEnding.Undecodable,
                        $"{source.Cluster} sent an event of {source.Resource.GroupResource} that cannot be read: {undecodable.Message}",
                        WasOfUse: WasOfUse()
                    );
                }

                switch (last)
                {
                    case null:
                        await CloseAsync();
                        return WasOfUse()
                            ? new(ReflectorEnding.Completed, WasOfUse: true)
                            : new(
                                ReflectorEnding.EndedAtOnce,
                                $"{source.Cluster} ended the watch of {source.Resource.GroupResource} at once"
                            );
                    case { Type: WatchEventType.Error } error:
                        await CloseAsync();
                        var ended = ReflectorErrors.OutcomeOf(error.Status!, source) with { WasOfUse = WasOfUse() };
                        return ended.Ending == ReflectorEnding.Unavailable ? ended with { Ending = ReflectorEnding.ErrorEvent } : ended;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && standing.IsCancellationRequested)
        {
            await CloseAsync();
            if (silent is not { } quiet)
            {
                return new(ReflectorEnding.Completed, WasOfUse: WasOfUse());
            }

            Interlocked.Increment(ref counters._silences);
            return new(
                ReflectorEnding.Disconnected,
                $"{source.Cluster} has sent neither an event nor a bookmark of {source.Resource.GroupResource} since "
                    + $"{time.GetUtcNow() - quiet:yyyy-MM-dd'T'HH:mm:ss'Z'}; opening the watch again",
                WasOfUse: true
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await CloseAsync();
            return new(
                ReflectorEnding.Disconnected,
                $"{source.Cluster} neither sent anything nor ended the watch of {source.Resource.GroupResource} within "
                    + $"{_timeout + options.WatchGrace}",
                WasOfUse: true
            );
        }
        catch (Exception error) when (_stream is not null && error is not OperationCanceledException)
        {
            // A stream that had stood: reconnect at once. One that had not: as any failed request.
            await CloseAsync();
            return ReflectorErrors.OutcomeOf(error, source) with { Ending = ReflectorEnding.Disconnected, WasOfUse = WasOfUse() };
        }
        finally
        {
            _stallDetector.End();
            Stand(null);
        }

        // It got somewhere, or stood for a while. Events alone prove nothing: a server may send the same ones each time
        // and end.
        bool WasOfUse() => target.Revision != began || time.GetElapsedTime(opened) >= TimeSpan.FromSeconds(1);
    }

    /// <summary>
    /// A watch from a revision that the server has yet to reach is accepted and silent: so looks a server restored to
    /// an older state, when its connections were replaced before anybody read from them. A watch on which nothing has
    /// come for a while is therefore proven once, by the server's revision. Found by simulation (seeds 1937, 2446,
    /// 3124).
    /// </summary>
    /// <returns>
    /// The evidence that the server was restored; null once something was read or the server's revision is as expected.
    /// It does not delay events.
    /// </returns>
    private async Task<ReflectorOutcome?> VerifyRevisionAsync(Task first, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var proof = AskAsync(ended.Token);
        await Task.WhenAny(first, proof);
        ended.Cancel();
        var outcome = await proof;
        return first.IsCompleted ? null : outcome;

        async Task<ReflectorOutcome?> AskAsync(CancellationToken over)
        {
            while (true)
            {
                try
                {
                    await Task.Delay(options.ProofPatience, time, over);
                    var page = await source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, over);
                    return page.ResourceVersion.IsOlderThan(target.Revision) ? WentBack(page.ResourceVersion) : null;
                }
                catch (Exception error)
                {
                    if (over.IsCancellationRequested)
                    {
                        // Something was read, the watch is overdue, or everything is stopped: the reader finds out
                        // which.
                        return null;
                    }

                    // The watch itself stands: it is probed again after the same time.
                    LogUnproven(source.Cluster, source.Resource.GroupResource, error.Message);
                }
            }
        }
    }

    private ReflectorOutcome WentBack(ResourceVersion revision) =>
        new(
            ReflectorEnding.WentBack,
            $"{source.Cluster} answers at revision {revision}, though {target.Revision} was seen before: it was restored to an older state"
        );

    /// <summary>Opens a watch. The server may never answer it, so the cache must not count as live meanwhile.</summary>
    private async Task<IWatchStream> OpenAsync(WatchRequest request, ReflectorState state, CancellationToken cancellationToken)
    {
        var opening = source.WatchAsync(request, cancellationToken);
        try
        {
            return await opening.WaitAsync(options.AnswerPatience, time, CancellationToken.None);
        }
        catch (TimeoutException) when (!opening.IsCompleted)
        {
            target.Report(
                state with
                {
                    Reason =
                        $"{source.Cluster} has not answered the watch of {source.Resource.GroupResource} for "
                        + $"{options.AnswerPatience.TotalSeconds:0.###} s",
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
                var read = await _stream!.ReadAsync(cancellationToken);
                if (read is not { } one || one.Type == WatchEventType.Error)
                {
                    return (read, null);
                }

                batch.Add(one);
            } while (batch.Count < options.BatchSize && _stream.HasBuffered);

            return (batch[^1], null);
        }
        catch (ObjectFormatException undecodable)
        {
            LogUndecodable(source.Cluster, source.Resource.GroupResource, undecodable.Message);
            return (null, undecodable);
        }
    }
}
