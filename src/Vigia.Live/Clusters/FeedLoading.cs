using Vigia.Informers;

namespace Vigia.Live.Clusters;

/// <summary>Waits for feeds.</summary>
internal static class FeedLoading
{
    /// <summary>Returns when a feed is loaded, or is known not to load for now, or the token ends.</summary>
    public static async Task SettledAsync(ResourceFeed feed, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var change = feed.NextChange;
                if (feed.Informer is not null || feed.Unavailable is not null)
                {
                    break;
                }

                await change.WaitAsync(cancellationToken);
            }

            if (feed.Informer is not { } informer)
            {
                return;
            }

            await SettledAsync(informer, () => feed.Retired is not null, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Every waiter checks the state again.
        }
    }

    /// <summary>Returns when an informer holds its first list, or is known not to load for now, or has ended.</summary>
    /// <param name="informer">The informer.</param>
    /// <param name="isOver">Ends the wait as well; asked at every change of the informer.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="OperationCanceledException">The token ended the wait.</exception>
    public static async Task SettledAsync(SharedInformer informer, Func<bool> isOver, CancellationToken cancellationToken)
    {
        while (true)
        {
            var change = informer.Log.NextChange;
            if (informer.HasSynced || isOver() || informer.Status is { Failures: > 0 } or { State: InformerState.Stopped })
            {
                return;
            }

            await change.WaitAsync(cancellationToken);
        }
    }
}
