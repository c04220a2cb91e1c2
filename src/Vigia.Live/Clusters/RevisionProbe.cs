using Microsoft.Extensions.Logging;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// Reads the current revision of an API server: that of a consistent list of one item. One request at a time is shared
/// by all callers, and its answer is valid for a second.
/// </summary>
internal sealed partial class RevisionProbe(SharedInformer informer, TimeProvider time, ILogger logger, CancellationToken over)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<Answer>? _asked;
    private long _askedAt;

    /// <summary>
    /// The server's revision, at most a second old; none if the server is unavailable, which is reported after a few
    /// seconds only, so that callers do not retry in a loop.
    /// </summary>
    /// <param name="notBefore">
    /// An answer to an earlier request is no longer valid, unless it is still on its way: then the answer has the time
    /// of its request.
    /// </param>
    public Task<Answer> AskAsync(long notBefore = long.MinValue)
    {
        lock (_gate)
        {
            if (_asked is null || (_asked.IsCompleted && (time.GetElapsedTime(_askedAt) >= GoodFor || _askedAt < notBefore)))
            {
                _askedAt = time.GetTimestamp();
                var at = _askedAt;
                _asked = Task.Run(() => RunAsync(at));
            }

            return _asked;
        }
    }

    private async Task<Answer> RunAsync(long at)
    {
        try
        {
            return new((await informer.Source.ListAsync(new ListRequest(Limit: 1), NoItems.Instance, over)).ResourceVersion, at);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return new(ResourceVersion.None, at);
        }
        catch (Exception error)
        {
            // Whatever failed, the informer meets it too, and its state shows it; this probe is retried.
            LogFailed(informer.Source.Cluster, informer.Resource.GroupResource, RetryAfter.TotalSeconds, error.Message);
            await Task.Delay(RetryAfter, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new(ResourceVersion.None, at);
        }
    }

    [LoggerMessage(3007, LogLevel.Information, "{Cluster}: the revision of {Resource} is unavailable; retrying in {Seconds} s: {Reason}")]
    private partial void LogFailed(string cluster, string resource, double seconds, string reason);

    /// <summary>A server's answer.</summary>
    /// <param name="Revision">Its revision; none if it was unavailable.</param>
    /// <param name="AskedAt">The time of the request, as a timestamp.</param>
    public readonly record struct Answer(ResourceVersion Revision, long AskedAt);

    private sealed class NoItems : IListSink
    {
        public static readonly NoItems Instance = new();

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => false;

        public void Item(RawObject item) { }
    }
}
