using Vigia.Kubernetes;

namespace Vigia.Informers.Reflecting;

/// <summary>
/// The request of <see cref="ReflectorPhase.StreamingList"/>: a watch that sends all objects first (KEP-3157). Its
/// stream stays open for the watch.
/// </summary>
internal sealed class ReflectorStreamingList(ReflectorContext context, ReflectorStream stream)
{
    public async Task<ReflectorOutcome> RunAsync(ReflectorState state, CancellationToken cancellationToken)
    {
        var (source, target, patienceTime) = (context.Source, context.Target, context.Options.StreamingListPatience);
        target.Report(state, ReflectorActivity.Listing);
        target.BeginList(ListTrust.Usual);
        using var impatience = new CancellationTokenSource(patienceTime, context.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatience.Token);
        try
        {
            stream.Prepare();
            stream.Current = await source.WatchAsync(
                new WatchRequest(ResourceVersion.None, stream.Timeout, SendInitialEvents: true),
                patience.Token
            );
            while (await stream.Current.ReadAsync(patience.Token) is { } read)
            {
                impatience.CancelAfter(patienceTime);
                switch (read.Type)
                {
                    case WatchEventType.Bookmark when read.IsInitialEventsEnd:
                        target.EndList(read.ResourceVersion);
                        return new(ReflectorEnding.Done);
                    case WatchEventType.Added
                    or WatchEventType.Modified when target.Wants(read.Object!.Key, read.Object.Identity, read.Object.ResourceVersion):
                        target.Item(read.Object);
                        break;
                    case WatchEventType.Deleted:
                        target.Apply([read]);
                        break;
                    case WatchEventType.Error:
                        await stream.CloseAsync();
                        var error = ReflectorErrors.OutcomeOf(read.Status!, source);
                        return error.Ending is ReflectorEnding.Expired or ReflectorEnding.Throttled ? error : Unsupported(error.Reason!);
                }
            }

            await stream.CloseAsync();
            return new(
                ReflectorEnding.Disconnected,
                $"{source.Cluster} ended the streaming list of {source.Resource.GroupResource} before its last item"
            );
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await stream.CloseAsync();
            return new(
                ReflectorEnding.Unsupported,
                $"{source.Cluster} did not finish a streaming list of {source.Resource.GroupResource} in time; using a plain list"
            );
        }
        catch (KubernetesApiException refused) when (!refused.IsTooManyRequests && !refused.IsExpired && !refused.IsTooLargeResourceVersion)
        {
            // Whatever the failure is, a plain list either works or reports it more clearly.
            await stream.CloseAsync();
            return Unsupported(refused.Message);
        }
    }

    private ReflectorOutcome Unsupported(string why) =>
        new(ReflectorEnding.Unsupported, $"{context.Source.Cluster} refuses streaming lists ({why}); using a plain list");
}
