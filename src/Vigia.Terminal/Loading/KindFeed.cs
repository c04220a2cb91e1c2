using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Loading;

/// <summary>A kind on a cluster: its informer, once somebody looks at it. Safe on any thread.</summary>
internal sealed class KindFeed(ResourceEntry entry, Func<ResourceEntry, GroupVersionResource, string?, SharedInformer> make)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<SharedInformer> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SharedInformer? _informer;
    private GroupVersionResource? _version;
    private string? _unavailable;
    private bool _isAbsent;
    private bool _wanted;
    private bool _ended;
    private (string Reason, DateTimeOffset Since)? _lost;

    public ResourceEntry Entry => entry;

    public GroupVersionResource? Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

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

    /// <summary>The one namespace that is loaded, since all of them may not be; null for all.</summary>
    public string? OnlyNamespace { get; private set; }

    /// <summary>True where somebody has asked for its objects.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_gate)
            {
                return _wanted;
            }
        }
    }

    /// <summary>Ends when there is an informer.</summary>
    public Task<SharedInformer> OpenAsync(CancellationToken cancellationToken)
    {
        Want();
        lock (_gate)
        {
            return _opened.Task.WaitAsync(cancellationToken);
        }
    }

    public void Want()
    {
        lock (_gate)
        {
            _wanted = true;
            StartLocked();
        }
    }

    /// <summary>Where the server has it; null where it does not, or (with a reason) where that is not known.</summary>
    public void Resolve(GroupVersionResource? version, string? unavailable)
    {
        lock (_gate)
        {
            _version ??= version;
            _isAbsent = _version is null && unavailable is null;
            _unavailable = _version is null
                ? unavailable ?? $"the server does not have {entry.Name} ({string.Join(", ", entry.Versions.Select(v => v.ApiVersion))})"
                : null;
            StartLocked();
        }
    }

    /// <summary>The server does not have it any more; what was loaded stays.</summary>
    public void Lose(string reason, DateTimeOffset now)
    {
        lock (_gate)
        {
            _lost ??= (reason, now);
        }
    }

    /// <summary>True where the server had it and does not have it any more.</summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
            {
                return _lost is not null;
            }
        }
    }

    /// <summary>
    /// All namespaces may not be read: this one is tried instead. Returns the informer that is given up.
    /// </summary>
    public SharedInformer? Narrow(string ns)
    {
        lock (_gate)
        {
            if (_ended || OnlyNamespace == ns || _informer is not { } denied || _version is not { } version)
            {
                return null;
            }

            OnlyNamespace = ns;
            _informer = make(entry, version, ns);
            _informer.Start();
            _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _opened.SetResult(_informer);
            return denied;
        }
    }

    public KindStatus Status()
    {
        lock (_gate)
        {
            if (_informer is not { } informer)
            {
                return new(
                    entry.Name,
                    _isAbsent ? LoadWord.Absent
                        : _unavailable is null ? LoadWord.Waiting
                        : LoadWord.Failed,
                    0,
                    _unavailable,
                    default,
                    null
                );
            }

            var status = informer.Status;
            if (_lost is { } lost)
            {
                return new(entry.Name, LoadWord.Stale, status.Objects, lost.Reason, lost.Since, null, OnlyNamespace);
            }

            var freshness = status.Freshness;
            var word = status switch
            {
                { Freshness.IsLive: true, HasSynced: true } => LoadWord.Live,
                { State: InformerState.Denied } => LoadWord.Denied,
                { HasSynced: true } => LoadWord.Stale,
                { Failures: 0 } => LoadWord.Loading,
                _ => LoadWord.Failed,
            };
            return new(entry.Name, word, status.Objects, freshness.Reason, freshness.Since, freshness.NextTry, OnlyNamespace);
        }
    }

    /// <summary>Ends its informer; nothing is loaded after that.</summary>
    public async ValueTask DisposeAsync()
    {
        SharedInformer? informer;
        lock (_gate)
        {
            _ended = true;
            informer = _informer;
        }

        if (informer is not null)
        {
            await informer.DisposeAsync();
        }
    }

    private void StartLocked()
    {
        if (_ended || !_wanted || _informer is not null || _version is not { } version)
        {
            return;
        }

        _informer = make(entry, version, null);
        _informer.Start();
        _opened.TrySetResult(_informer);
    }
}
