using Vigia.Informers.Informing;

namespace Vigia.Gateway.Clusters;

/// <summary>Waits for feeds.</summary>
internal static class FeedLoading
{
    /// <summary>Returns when a feed is loaded, or is known not to load for now, or the token ends.</summary>
    public static async Task SettledAsync(ResourceFeed feed, CancellationToken cancellationToken)
    {
        try
        {
            while (feed.Informer is null && feed.Unavailable is null)
            {
                await feed.WhenResolvedAsync(cancellationToken);
            }

            if (feed.Informer is not { } informer)
            {
                return;
            }

            while (true)
            {
                var change = informer.Log.NextChange;
                if (informer.HasSynced || informer.Status is { Failures: > 0 } or { State: InformerState.Stopped })
                {
                    return;
                }

                await change.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Whoever waited looks at the state himself.
        }
    }
}
