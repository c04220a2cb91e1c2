using Microsoft.Extensions.Logging;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// Detects whether a cluster's etcd was restored from a backup: the objects that changed last before a broken
/// connection must exist, at the revision of that change, as they are cached.
/// </summary>
/// <remarks>
/// A restored etcd assigns its lost revisions again, to other writes, and the API server does not report that. While
/// its revision is lower than one that was seen, the revision shows it. Once it has passed that, only the object
/// written under a revision does. A probe costs one or two requests for one object's metadata, only after a broken
/// connection, and is shared by all informers of a cluster. If the objects that changed last give no evidence (their
/// revisions are compacted), other objects are probed, which can only contradict. Without any evidence the verdict is
/// undecided, and each informer compares its cache by content.
/// </remarks>
internal sealed partial class RestoreDetector(IClusterSource source, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    private const int MostResources = 3;
    private const int MostPerResource = 4;

    // A probe that fails this often in a row, while the cluster answers otherwise, has nothing to say: one object must
    // not keep a cluster from coming back.
    private const int MostFailures = 3;

    // The informers of a cluster reconnect together: one probe is enough for all of them.
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<RestoreDetector>();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly List<(RestoreAwareListerWatcher Lister, SharedInformer Informer)> _informers = [];
    private (ResourceVersion Revision, int Count) _failures;
    private int _epoch;
    private (long At, string? Doubt)? _answered;

    /// <summary>Counts the histories that the cluster was seen to have.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>The evidence of another history.</summary>
    public string Evidence { get; private set; } = "";

    /// <summary>
    /// The newest revision that any informer had seen of the history that was lost last; none before the first restore.
    /// </summary>
    public ResourceVersion HighestLost { get; private set; }

    /// <summary>A lister-watcher whose informer checks here.</summary>
    public RestoreAwareListerWatcher Watch(IListerWatcher lister) => new(lister, this);

    /// <summary>Objects of an informer may be probed from now on.</summary>
    public void Add(RestoreAwareListerWatcher lister, SharedInformer informer)
    {
        lock (_gate)
        {
            _informers.Add((lister, informer));
        }
    }

    /// <summary>An informer has ended.</summary>
    public void Remove(SharedInformer informer)
    {
        lock (_gate)
        {
            _informers.RemoveAll(known => known.Informer == informer);
        }
    }

    /// <summary>
    /// An informer that holds objects of a history has found that the cluster has another; returns the number of that.
    /// </summary>
    public int Found(int epoch, string evidence)
    {
        lock (_gate)
        {
            if (epoch == _epoch)
            {
                Evidence = evidence;
                foreach (var (lister, informer) in _informers)
                {
                    if (lister.Epoch == epoch && (HighestLost.IsNone || informer.Log.Revision.IsNewerThan(HighestLost)))
                    {
                        HighestLost = informer.Log.Revision;
                    }
                }

                _epoch++;
                _answered = null;
                LogRestored(source.Name, evidence);
            }

            return _epoch;
        }
    }

    /// <summary>Probes the objects of a history: does the cluster still have it?</summary>
    /// <returns>The number of the cluster's history; and a reason for doubt if there is no evidence.</returns>
    /// <exception cref="KubernetesConnectionException">The cluster is unavailable.</exception>
    public async Task<(int Epoch, string? Doubt)> CheckAsync(int epoch, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (epoch != Epoch || source.Client is not { } client)
            {
                return (Epoch, null);
            }

            if (_answered is { } answered && time.GetElapsedTime(answered.At) < GoodFor)
            {
                return (Epoch, answered.Doubt);
            }

            var doubt = await AskAsync(client, epoch, cancellationToken);
            if (epoch == Epoch)
            {
                _answered = (time.GetTimestamp(), doubt);
            }

            return (Epoch, doubt);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Ends when every informer that checks here has ended.</summary>
    public void Dispose() => _asking.Dispose();

    private async Task<string?> AskAsync(KubernetesClient client, int epoch, CancellationToken cancellationToken)
    {
        var (isProven, doubt) = (false, default(string));
        foreach (var (resource, newest) in Choose(epoch))
        {
            for (var i = 0; i < newest.Count; i++)
            {
                // The object that changed last can prove the history; the ones before it can only contradict it.
                var (result, evidence) = await ProbeAsync(client, resource, newest[i], isNewest: i == 0, cancellationToken);
                if (result == ProbeResult.Other)
                {
                    Found(epoch, evidence);
                    return null;
                }

                if (i == 0 && result == ProbeResult.Same)
                {
                    isProven = true;
                    break;
                }

                doubt ??= i == 0 ? evidence : null;
            }
        }

        return isProven ? null : doubt;
    }

    private async Task<(ProbeResult Result, string Evidence)> ProbeAsync(
        KubernetesClient client,
        GroupVersionResource resource,
        RawObject expected,
        bool isNewest,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var probed = await HistoryProbe.OfAsync(client, resource, expected, isNewest, cancellationToken);
            _failures = default;
            if (probed.Result == ProbeResult.Unknown && isNewest)
            {
                LogUnknown(source.Name, $"{resource.GroupResource} {expected.Key}", probed.Evidence);
            }

            return probed;
        }
        catch (KubernetesApiException failed) when (failed.IsTransient)
        {
            _failures = (expected.ResourceVersion, _failures.Revision == expected.ResourceVersion ? _failures.Count + 1 : 1);
            if (_failures.Count < MostFailures)
            {
                throw;
            }

            LogUnknown(source.Name, $"{resource.GroupResource} {expected.Key}", failed.Message);
            return (ProbeResult.Unknown, failed.Message);
        }
    }

    /// <summary>
    /// The objects that changed last, of the three resources that changed last: each may be kept in an etcd of its own.
    /// </summary>
    private List<(GroupVersionResource Resource, List<RawObject> Newest)> Choose(int epoch)
    {
        (RestoreAwareListerWatcher Lister, SharedInformer Informer)[] informers;
        lock (_gate)
        {
            informers = [.. _informers.Where(known => known.Lister.Epoch == epoch && MayProbe(known.Lister.Resource))];
        }

        var last = new List<(GroupVersionResource Resource, List<RawObject> Newest)>();
        foreach (var (lister, informer) in informers)
        {
            var newest = NewestOf(informer);
            if (newest.Count > 0)
            {
                last.Add((lister.Resource, newest));
            }
        }

        last.Sort(static (left, right) => right.Newest[0].ResourceVersion.Number.CompareTo(left.Newest[0].ResourceVersion.Number));
        return last.Count <= MostResources ? last : last[..MostResources];
    }

    /// <summary>The few objects with the highest revisions, highest first.</summary>
    private static List<RawObject> NewestOf(SharedInformer informer)
    {
        var queue = new PriorityQueue<RawObject, ulong>();
        foreach (var o in informer.Store.List())
        {
            if (!o.ResourceVersion.IsNumber)
            {
                continue;
            }

            if (queue.Count < MostPerResource)
            {
                queue.Enqueue(o, o.ResourceVersion.Number);
            }
            else if (queue.TryPeek(out _, out var least) && o.ResourceVersion.Number > least)
            {
                queue.EnqueueDequeue(o, o.ResourceVersion.Number);
            }
        }

        var newest = new List<RawObject>(queue.Count);
        while (queue.TryDequeue(out var o, out _))
        {
            newest.Add(o);
        }

        newest.Reverse();
        return newest;
    }

    /// <summary>
    /// An aggregated API server may be down by itself, and must not keep the rest from continuing. Secrets are never
    /// read one by one: their annotations may contain the secret values.
    /// </summary>
    private static bool MayProbe(GroupVersionResource resource) =>
        resource is not { Group: "", Resource: "secrets" }
        && (!resource.Group.Contains('.', StringComparison.Ordinal) || resource.Group.EndsWith(".k8s.io", StringComparison.Ordinal));

    [LoggerMessage(
        3073,
        LogLevel.Error,
        "{Cluster} was restored to an older state: relisting everything and resetting all streams. {Evidence}"
    )]
    private partial void LogRestored(string cluster, string evidence);

    [LoggerMessage(3074, LogLevel.Information, "{Cluster}: {Object} cannot show whether the cluster still has the known history: {Reason}")]
    private partial void LogUnknown(string cluster, string @object, string reason);
}
