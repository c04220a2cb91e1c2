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

            while (true)
            {
                var change = informer.Log.NextChange;
                if (
                    informer.HasSynced
                    || feed.Retired is not null
                    || informer.Status is { Failures: > 0 } or { State: InformerState.Stopped }
                )
                {
                    return;
                }

                await change.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Every waiter checks the state again.
        }
    }
}
