using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;
using Vigia.Kubernetes.Watching;

namespace Vigia.Gateway.Clusters;

/// <summary>Whether a cluster still has the history that is held of it. Objects are its witnesses: the ones that changed last before a break must be there, at the revision of that change, as they are held.</summary>
/// <remarks>
/// A restored etcd gives out again the revisions that it lost, for other writes, and the API server says nothing of it. While its revision is lower than what was seen, that tells; as soon as it has counted past it, only what was written
/// under a revision does. A witness costs one or two requests for one object's metadata, after a break only, for all of a cluster's informers together.
/// </remarks>
internal sealed partial class ClusterHistory(IClusterSource source, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    // Metadata or nothing: a server that cannot give it is not to send the object instead.
    private const string Metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private const int Witnesses = 3;

    // The informers of a cluster come back together: what one has asked need not be asked by all.
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<ClusterHistory>();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly List<(WitnessedListerWatcher Lister, SharedInformer Informer)> _informers = [];
    private int _epoch;
    private long? _proven;

    private enum Testimony
    {
        Same,
        Other,
        Nothing,
    }

    /// <summary>Counts the histories that the cluster was seen to have.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>What told that there was another.</summary>
    public string Evidence { get; private set; } = "";

    /// <summary>A lister-watcher whose informer asks here.</summary>
    public WitnessedListerWatcher Watch(IListerWatcher lister) => new(lister, this);

    /// <summary>What an informer holds may witness from now on.</summary>
    public void Add(WitnessedListerWatcher lister, SharedInformer informer)
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

    /// <summary>Somebody who holds objects of a history has found that the cluster has another; returns the number of that.</summary>
    public int Found(int epoch, string evidence)
    {
        lock (_gate)
        {
            if (epoch == _epoch)
            {
                Evidence = evidence;
                _epoch++;
                LogRestored(source.Name, evidence);
            }

            return _epoch;
        }
    }

    /// <summary>Asks the witnesses of a history whether the cluster still has it; returns the number of the one it has.</summary>
    /// <exception cref="KubernetesConnectionException">The cluster cannot be asked.</exception>
    public async Task<int> AskAsync(int epoch, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (epoch != Epoch || source.Client is not { } client || (_proven is { } at && time.GetElapsedTime(at) < GoodFor))
            {
                return Epoch;
            }

            foreach (var (resource, witness) in Choose(epoch))
            {
                if (await HearAsync(client, resource, witness, cancellationToken) is (Testimony.Other, var evidence))
                {
                    return Found(epoch, evidence);
                }
            }

            _proven = time.GetTimestamp();
            return Epoch;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>When every informer that asks has ended.</summary>
    public void Dispose() => _asking.Dispose();

    /// <summary>The objects that changed last, one of each resource, of the three resources that changed last: each may be kept in an etcd of its own.</summary>
    private List<(GroupVersionResource Resource, RawObject Witness)> Choose(int epoch)
    {
        (WitnessedListerWatcher Lister, SharedInformer Informer)[] informers;
        lock (_gate)
        {
            informers = [.. _informers.Where(known => known.Lister.Epoch == epoch && MayWitness(known.Lister.Resource))];
        }

        var last = new List<(GroupVersionResource Resource, RawObject Witness)>();
        foreach (var (lister, informer) in informers)
        {
            RawObject? newest = null;
            foreach (var o in informer.Store.List())
            {
                if (o.ResourceVersion.IsNumber && (newest is null || o.ResourceVersion.IsNewerThan(newest.ResourceVersion)))
                {
                    newest = o;
                }
            }

            if (newest is not null)
            {
                last.Add((lister.Resource, newest));
            }
        }

        last.Sort(static (left, right) => right.Witness.ResourceVersion.Number.CompareTo(left.Witness.ResourceVersion.Number));
        return last.Count <= Witnesses ? last : last[..Witnesses];
    }

    /// <summary>An API that another server stands behind may be down by itself, and must not keep the rest from going on. Secrets are never asked for one by one: their annotations may hold what they hide.</summary>
    private static bool MayWitness(GroupVersionResource resource)
        => resource is not { Group: "", Resource: "secrets" } && (!resource.Group.Contains('.', StringComparison.Ordinal) || resource.Group.EndsWith(".k8s.io", StringComparison.Ordinal));

    private async Task<(Testimony Testimony, string Evidence)> HearAsync(KubernetesClient client, GroupVersionResource resource, RawObject witness, CancellationToken cancellationToken)
    {
        var path = $"{resource.Path(witness.Namespace.Length == 0 ? null : witness.Namespace)}?fieldSelector=metadata.name%3D{Uri.EscapeDataString(witness.Name)}";
        var called = $"{resource.GroupResource} {witness.Key}";
        try
        {
            // 1. As it is now. Neither it nor the server may be older than what is held.
            var (now, found) = Read(await client.GetBytesAsync(path, Metadata, cancellationToken));
            if (now.IsOlderThan(witness.ResourceVersion) || (found is { } present && present.Revision.IsOlderThan(witness.ResourceVersion)))
            {
                return (Testimony.Other, $"{called} was seen at revision {witness.ResourceVersion}, and is at {found?.Revision ?? now} now");
            }

            // 2. As it was at the revision of its last change, where it has changed since.
            if (found is not { } unchanged || unchanged.Revision != witness.ResourceVersion)
            {
                (_, found) = Read(await client.GetBytesAsync($"{path}&resourceVersion={witness.ResourceVersion}&resourceVersionMatch=Exact", Metadata, cancellationToken));
            }

            return found is { } then && then.Revision == witness.ResourceVersion && then.Uid == witness.Uid
                ? (Testimony.Same, "")
                : (Testimony.Other, $"revision {witness.ResourceVersion} was a change of {called}, and is none of it now");
        }
        catch (KubernetesApiException refused) when (!refused.IsTransient && !refused.IsUnauthorized)
        {
            // Compacted away, or not allowed: it can say nothing.
            LogSilent(source.Name, called, refused.Message);
            return (Testimony.Nothing, "");
        }
        catch (JsonException unreadable)
        {
            LogSilent(source.Name, called, unreadable.Message);
            return (Testimony.Nothing, "");
        }
    }

    private static (ResourceVersion Now, (ResourceVersion Revision, string Uid)? Found) Read(byte[] list)
    {
        using var document = JsonDocument.Parse(list);
        var now = Version(document.RootElement.GetProperty("metadata"));
        if (!document.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array || items.GetArrayLength() == 0)
        {
            return (now, null);
        }

        var metadata = items[0].GetProperty("metadata");
        return (now, (Version(metadata), metadata.GetProperty("uid").GetString() ?? ""));
    }

    private static ResourceVersion Version(JsonElement metadata)
        => metadata.TryGetProperty("resourceVersion", out var version) ? ResourceVersion.Parse(version.GetString() ?? "") : ResourceVersion.None;

    [LoggerMessage(3073, LogLevel.Error, "{Cluster} was restored to an older state: everything is read anew, and every stream is told. {Evidence}")]
    private partial void LogRestored(string cluster, string evidence);

    [LoggerMessage(3074, LogLevel.Information, "{Cluster}: whether it still has the history that was seen cannot be told by {Witness}: {Reason}")]
    private partial void LogSilent(string cluster, string witness, string reason);
}
