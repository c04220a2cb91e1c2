using Vigia.Catalog;
using Vigia.Informers.Informing;
using Vigia.Kubernetes.Objects;

namespace Vigia.Gateway.Clusters;

/// <summary>A catalog entry on a cluster: its informer, once somebody needs it.</summary>
/// <remarks><b>Guarantees.</b> Safe on any thread. Owned by its <see cref="ClusterSession"/>.</remarks>
public sealed class ResourceFeed
{
    private readonly Lock _gate = new();
    private readonly Func<GroupVersionResource, ResourceEntry, SharedInformer> _make;
    private readonly TaskCompletionSource _resolved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SharedInformer? _informer;
    private bool _wanted;
    private GroupVersionResource? _version;

    internal ResourceFeed(string cluster, ResourceEntry entry, string origin, Func<GroupVersionResource, ResourceEntry, SharedInformer> make)
    {
        (Cluster, Entry, _make) = (cluster, entry, make);
        Origin = origin;
        Name = $"{cluster}/{entry.Name}";
    }

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; }

    /// <summary>The catalog entry.</summary>
    public ResourceEntry Entry { get; }

    /// <summary><c>cluster/resource</c>: the name in cursors.</summary>
    public string Name { get; }

    /// <summary>A random name of this feed in this process: positions in cursors are only good where it matches.</summary>
    public string Origin { get; }

    /// <summary>The informer, or null while nobody asked for it or the server's version of the resource is not known yet.</summary>
    public SharedInformer? Informer
    {
        get
        {
            lock (_gate)
            {
                return _informer;
            }
        }
    }

    /// <summary>Why there is no informer although somebody asked: the server does not have the resource, or cannot be asked; null otherwise.</summary>
    public string? Unavailable { get; private set; }

    /// <summary>True where discovery said that the server lacks the resource.</summary>
    public bool IsAbsent { get; private set; }

    /// <summary>Asks for the resource: its informer starts now, or as soon as the server's version is known.</summary>
    public void Want()
    {
        lock (_gate)
        {
            _wanted = true;
            StartLocked();
        }
    }

    /// <summary>Asks for the resource and waits until it has an informer.</summary>
    public async Task<SharedInformer> OpenAsync(CancellationToken cancellationToken)
    {
        Want();
        while (true)
        {
            if (Informer is { } informer)
            {
                return informer;
            }

            await _resolved.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends when discovery has said something about it, for the first time.</summary>
    internal Task WhenResolvedAsync(CancellationToken cancellationToken) => _known.Task.WaitAsync(cancellationToken);

    /// <summary>Discovery found it in this version, or (null) not at all.</summary>
    internal void Resolve(GroupVersionResource? version, string? unavailable)
    {
        lock (_gate)
        {
            _version ??= version;
            _known.TrySetResult();
            IsAbsent = version is null && unavailable is null;
            Unavailable = version is not null ? null : unavailable ?? $"{Cluster} does not have the resource {Entry.Name} ({string.Join(", ", Entry.Versions.Select(v => v.ApiVersion))})";
            StartLocked();
        }
    }

    private void StartLocked()
    {
        if (!_wanted || _informer is not null || _version is not { } version)
        {
            return;
        }

        _informer = _make(version, Entry);
        _informer.Start();
        _resolved.TrySetResult();
    }
}
