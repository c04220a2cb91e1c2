using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>Asks an API server where it is: the revision of a consistent list of one item. One request at a time for all who ask, and its answer is good for a second.</summary>
internal sealed class RevisionProbe(SharedInformer informer, TimeProvider time, CancellationToken over)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<ResourceVersion>? _asked;
    private long _askedAt;

    /// <summary>The server's revision, no more than a second old; none where it cannot be asked, which is known only after a few seconds so that nobody asks in a loop.</summary>
    public Task<ResourceVersion> AskAsync()
    {
        lock (_gate)
        {
            if (_asked is null || (_asked.IsCompleted && time.GetElapsedTime(_askedAt) >= GoodFor))
            {
                _askedAt = time.GetTimestamp();
                _asked = Task.Run(RunAsync);
            }

            return _asked;
        }
    }

    private async Task<ResourceVersion> RunAsync()
    {
        try
        {
            return (await informer.Source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, over)).ResourceVersion;
        }
        catch (Exception error) when (error is KubernetesApiException or KubernetesConnectionException or ObjectFormatException or IOException or HttpRequestException)
        {
            // The informer's own state says so to everybody; this is asked again.
            await Task.Delay(RetryAfter, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ResourceVersion.None;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return ResourceVersion.None;
        }
    }

    private sealed class NoItems : IListSink
    {
        public static readonly NoItems Instance = new();

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => false;

        public void Item(RawObject item)
        {
        }
    }
}
