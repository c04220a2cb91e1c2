using Vigia.Kubernetes;

namespace Vigia.Terminal.Loading;

/// <summary>
/// What a server has. Asked at the start until it answers, then again when somebody has a reason to, and now and then.
/// </summary>
/// <remarks><b>Guarantees.</b> Safe on any thread. Groups that could not be asked keep what they had.</remarks>
internal sealed class ServerDiscovery(KubernetesClient client, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(15);

    // Aggregated servers come and go without a definition that could be watched.
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    // Typing one wrong name after the other must not ask a server that often.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource<ApiResourceList> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _asking = new(1);
    private volatile ApiResourceList? _served;
    private volatile string? _version;
    private volatile string? _fault;
    private long _askedAt;

    /// <summary>What the server has; null while that is not known.</summary>
    public ApiResourceList? Served => _served;

    /// <summary>The server's version; null while it is not known.</summary>
    public string? Version => _version;

    /// <summary>Why the server could not be asked; null where it could.</summary>
    public string? Fault => _fault;

    /// <summary>Ends with the first answer.</summary>
    public Task<ApiResourceList> FirstAsync(CancellationToken cancellationToken) => _first.Task.WaitAsync(cancellationToken);

    /// <summary>Asks until the token ends.</summary>
    /// <param name="changed">Called after each try, with what there is now, or null where nothing is known yet.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Func<ApiResourceList?, Task> changed, CancellationToken cancellationToken)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < LongestRetry ? wait * 2 : LongestRetry)
        {
            var answered = await AskAsync(cancellationToken);
            await changed(_served);
            if (answered is { Failures.Count: 0 })
            {
                wait = FirstRetry / 2;
            }

            await Task.Delay(answered is { Failures.Count: 0 } ? Period : wait, time, cancellationToken);
        }
    }

    /// <summary>Asks again; what is known where the server does not answer.</summary>
    public async Task<ApiResourceList?> AgainAsync(CancellationToken cancellationToken)
    {
        if (_served is not null && ShortestPause - time.GetElapsedTime(Volatile.Read(ref _askedAt)) is { Ticks: > 0 } pause)
        {
            await Task.Delay(pause, time, cancellationToken);
        }

        await AskAsync(cancellationToken);
        return _served;
    }

    public void Dispose() => _asking.Dispose();

    private async Task<ApiResourceList?> AskAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            var discovery = new DiscoveryClient(client);
            _version = await discovery.GetServerVersionAsync(cancellationToken);
            var found = await discovery.GetResourcesAsync(cancellationToken);
            _served = Merge(found, _served);
            _fault = null;
            Volatile.Write(ref _askedAt, time.GetTimestamp());
            _first.TrySetResult(_served);
            return found;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Shown in the header; tried again.
            _fault = error.Message;
            return null;
        }
        finally
        {
            _asking.Release();
        }
    }

    private static ApiResourceList Merge(ApiResourceList found, ApiResourceList? before)
    {
        if (before is null || found.Failures.Count == 0)
        {
            return found;
        }

        var kept = before.Resources.Where(resource =>
            found.Failures.Any(failure =>
                failure.Group == resource.Resource.Group
                || failure.Group == resource.Resource.ApiVersion
                || failure.Group.EndsWith($"/{resource.Resource.ApiVersion}", StringComparison.Ordinal)
            )
        );
        return found with
        {
            Resources = [.. found.Resources, .. kept.Where(resource => found.Resources.All(other => other.Resource != resource.Resource))],
        };
    }
}
