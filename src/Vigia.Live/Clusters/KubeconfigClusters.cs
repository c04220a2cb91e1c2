using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>Keeps a gateway's clusters equal to the contexts of a kubeconfig, while it runs.</summary>
/// <remarks>
/// <b>Guarantees.</b> A new context is served; a removed one is dropped, with the reason. New credentials are used
/// without loading anything again. Another server is another cluster: its objects are removed and loaded again. An
/// unreadable file changes nothing: clusters are served as before, and <see cref="ClusterSet.Problems"/> has the error.
/// A context that is broken alone is a failing cluster, with the reason.
/// </remarks>
public sealed partial class KubeconfigClusters : IAsyncDisposable
{
    private readonly KubeconfigOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Dictionary<string, KubeconfigClusterSource> _sources = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly string? _current;
    private string _seen;
    private bool _isUndecided;
    private Task? _loop;

    private KubeconfigClusters(KubeconfigOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _time, _loggers) = (options, time, loggers);
        _logger = loggers.CreateLogger<KubeconfigClusters>();
        _seen = Stamp();

        // The current context is that of the start: kubectl config use-context in another window must not redirect a
        // gateway.
        _current =
            options.Contexts.Count == 0 && !options.AllContexts ? KubeconfigLoader.CurrentContext(options.Path, options.Environment) : null;
    }

    /// <summary>The clusters at the start.</summary>
    public IReadOnlyList<IClusterSource> Sources => [.. _sources.Values];

    /// <summary>Reads the kubeconfig.</summary>
    /// <exception cref="KubeconfigException">
    /// It cannot be used, or lacks a context that was named: one sentence.
    /// </exception>
    public static async Task<KubeconfigClusters> LoadAsync(KubeconfigOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        var clusters = new KubeconfigClusters(options, time, loggers);
        var wanted = clusters.Wanted();
        if (wanted.Count == 0)
        {
            if (options.AllContexts)
            {
                throw new KubeconfigException(
                    $"{string.Join(", ", KubeconfigLoader.Files(options.Path, options.Environment))}: there is no context to serve"
                );
            }

            // In a pod, or the one sentence that names the missing part.
            var only = KubeconfigLoader.Load(options.Path, null, options.Environment);
            await clusters.AddAsync(only.Context, only);
        }

        foreach (var context in wanted)
        {
            ClusterConfiguration? configuration = null;
            string? problem = null;
            try
            {
                configuration = KubeconfigLoader.Load(options.Path, context, options.Environment);
            }
            catch (KubeconfigException broken) when (options.AllContexts && wanted.Count > 1)
            {
                problem = broken.Message;
            }

            await clusters.AddAsync(context, configuration, problem);
        }

        return clusters;
    }

    /// <summary>
    /// Begins to follow the files, for a set that was made with <see cref="Sources"/>. In a pod there is nothing to
    /// follow: its service account is its own.
    /// </summary>
    public void Follow(ClusterSet clusters)
    {
        if (Wanted().Count > 0)
        {
            _loop ??= Task.Run(() => FollowAsync(clusters, _stopping.Token), CancellationToken.None);
        }
    }

    /// <summary>Ends the following: before the set is disposed.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is { } loop)
        {
            await loop;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();

        // The sources belong to the sessions; where none was made, here is the end of them.
        foreach (var source in _sources.Values)
        {
            await source.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private IReadOnlyList<string> Wanted() =>
        _options.AllContexts ? KubeconfigLoader.Contexts(_options.Path, _options.Environment)
        : _options.Contexts.Count > 0 ? [.. _options.Contexts.Distinct(StringComparer.Ordinal)]
        : _current is { } current ? [current]
        : [];

    private async Task<KubeconfigClusterSource> AddAsync(string context, ClusterConfiguration? configuration, string? problem = null)
    {
        var source = new KubeconfigClusterSource(context, _options, _time, _loggers);
        if (configuration is not null)
        {
            await source.SwitchAsync(configuration);
        }
        else
        {
            source.Break(problem ?? "unusable");
            LogBroken(context, problem ?? "unusable");
        }

        _sources[context] = source;
        return source;
    }

    private async Task FollowAsync(ClusterSet clusters, CancellationToken cancellationToken)
    {
        try
        {
            var pending = _seen;
            while (true)
            {
                await Task.Delay(_options.PollInterval, _time, cancellationToken);
                var now = Stamp();
                if (now == pending && (now != _seen || _isUndecided))
                {
                    // Changed, and unchanged since the last check: the writer has finished. Or the change could not be
                    // decided yet.
                    _seen = now;
                    try
                    {
                        await ReconcileAsync(clusters, cancellationToken);
                    }
                    catch (Exception unexpected) when (unexpected is not OperationCanceledException)
                    {
                        // Whatever it is, it must not end the following: the next edit is a new chance.
                        LogKept(unexpected.Message);
                        clusters.Problems = [unexpected.Message];
                    }
                }

                pending = now;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>Reads everything first; only a whole that can be read changes anything.</summary>
    private async Task ReconcileAsync(ClusterSet clusters, CancellationToken cancellationToken)
    {
        _isUndecided = false;
        var problems = new List<string>();
        var found = new Dictionary<string, (ClusterConfiguration? Configuration, string? Problem)>(StringComparer.Ordinal);
        try
        {
            var existing = KubeconfigLoader.Contexts(_options.Path, _options.Environment).ToHashSet(StringComparer.Ordinal);
            foreach (var context in Wanted().Where(existing.Contains))
            {
                try
                {
                    found[context] = (KubeconfigLoader.Load(_options.Path, context, _options.Environment), null);
                }
                catch (KubeconfigException broken)
                {
                    found[context] = (null, broken.Message);
                    problems.Add(broken.Message);
                }
            }
        }
        catch (KubeconfigException broken)
        {
            LogKept(broken.Message);
            clusters.Problems = [broken.Message];
            return;
        }

        if (found.Count == 0)
        {
            // An editor that empties the file before it writes, or a mistake: a gateway that drops everything would be
            // the worse guess.
            var message =
                $"{string.Join(", ", KubeconfigLoader.Files(_options.Path, _options.Environment))}: none of the "
                + "served contexts is left; they are served as before";
            LogKept(message);
            clusters.Problems = [message];
            return;
        }

        foreach (var gone in _sources.Keys.Where(context => !found.ContainsKey(context)).ToArray())
        {
            await RemoveAsync(clusters, gone, $"the context {gone} was removed from the kubeconfig");
        }

        foreach (var (context, (configuration, problem)) in found)
        {
            if (await TakeOverAsync(clusters, context, configuration, problem, cancellationToken) is { } undecided)
            {
                _isUndecided = true;
                problems.Add(undecided);
            }
        }

        clusters.Problems = problems;
    }

    /// <summary>
    /// Applies the kubeconfig to one context. Returns a change that has to be decided later, or null.
    /// </summary>
    private async Task<string?> TakeOverAsync(
        ClusterSet clusters,
        string context,
        ClusterConfiguration? configuration,
        string? problem,
        CancellationToken cancellationToken
    )
    {
        if (!_sources.TryGetValue(context, out var source))
        {
            clusters.Add(await AddAsync(context, configuration, problem));
            LogAdded(context);
            return null;
        }

        if (configuration is null)
        {
            // Broken by an edit: the previous one stays in use.
            if (source.Configuration is null)
            {
                source.Break(problem!);
            }

            LogKept(problem!);
            return null;
        }

        if (source.Configuration is not { } before)
        {
            await source.SwitchAsync(configuration);
            clusters.Find(context)?.RetryNow();
            LogRepaired(context);
        }
        else if (before.PlaceFingerprint != configuration.PlaceFingerprint)
        {
            await ReplaceAsync(
                clusters,
                context,
                configuration,
                $"the context {context} now leads to another server, {configuration.Server.Authority}"
            );
        }
        else if (before.TrustFingerprint != configuration.TrustFingerprint)
        {
            // The same address under another authority: the same cluster whose certificates were renewed, or another
            // one that was put in its place.
            var (isSame, reason) = await ClusterIdentity.CompareAsync(
                clusters.Find(context),
                configuration,
                _options.Client,
                _time,
                _loggers,
                cancellationToken
            );
            switch (isSame)
            {
                case true:
                    await source.SwitchAsync(configuration);
                    clusters.Find(context)?.RetryNow();
                    LogTrusts(context);
                    break;
                case false:
                    await ReplaceAsync(
                        clusters,
                        context,
                        configuration,
                        $"the context {context} now trusts other certificate authorities, and {reason}"
                    );
                    break;
                default:
                    LogUndecided(context, reason);
                    return $"{context}: the trusted certificate authorities changed, and it is still unknown whether it is the "
                        + $"same cluster: {reason}; it is served as before";
            }
        }
        else if (before.IdentityFingerprint != configuration.IdentityFingerprint || before.User != configuration.User)
        {
            await source.SwitchAsync(configuration);
            clusters.Find(context)?.RetryNow();
            LogSwitched(context, configuration.User);
        }

        return null;
    }

    private async Task ReplaceAsync(ClusterSet clusters, string context, ClusterConfiguration configuration, string reason)
    {
        await RemoveAsync(clusters, context, reason);
        clusters.Add(await AddAsync(context, configuration));
        LogAdded(context);
    }

    private async Task RemoveAsync(ClusterSet clusters, string context, string reason)
    {
        _sources.Remove(context);
        await clusters.RemoveAsync(context, reason);
        LogRemoved(context, reason);
    }

    /// <summary>
    /// A value that changes when a file does: its time and length, and those of the targets of symbolic links
    /// (Kubernetes mounts swap links).
    /// </summary>
    private string Stamp()
    {
        var text = new System.Text.StringBuilder();
        foreach (
            var path in KubeconfigLoader
                .Files(_options.Path, _options.Environment)
                .Concat(_sources.Values.SelectMany(source => source.Configuration?.Files ?? []))
        )
        {
            try
            {
                var file = new FileInfo(path);
                var target = file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file : file;
                text.Append(path)
                    .Append('|')
                    .Append(target.FullName)
                    .Append('|')
                    .Append(target.Exists ? target.LastWriteTimeUtc.Ticks : 0)
                    .Append('|')
                    .Append(target.Exists ? target.Length : -1)
                    .Append('\n');
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Reading it will say so; that it changed is enough here.
                text.Append(path).Append('|').Append(error.Message).Append('\n');
            }
        }

        return text.ToString();
    }

    [LoggerMessage(3014, LogLevel.Information, "The kubeconfig has a new context: serving {Cluster}")]
    private partial void LogAdded(string cluster);

    [LoggerMessage(3015, LogLevel.Information, "{Cluster} is no longer served: {Reason}")]
    private partial void LogRemoved(string cluster, string reason);

    [LoggerMessage(3016, LogLevel.Error, "Kubeconfig not reloaded; clusters are served as before: {Reason}")]
    private partial void LogKept(string reason);

    [LoggerMessage(3017, LogLevel.Information, "{Cluster} is now accessed as {User}")]
    private partial void LogSwitched(string cluster, string? user);

    [LoggerMessage(3018, LogLevel.Error, "Context {Cluster} cannot be used: {Reason}")]
    private partial void LogBroken(string cluster, string reason);

    [LoggerMessage(3071, LogLevel.Information, "{Cluster} is the same cluster with other certificate authorities, which are now trusted")]
    private partial void LogTrusts(string cluster);

    [LoggerMessage(
        3072,
        LogLevel.Debug,
        "{Cluster}: the trusted certificate authorities changed, and it is still unknown whether it is the same cluster: {Reason}"
    )]
    private partial void LogUndecided(string cluster, string reason);

    [LoggerMessage(3019, LogLevel.Information, "Context {Cluster} can be used now")]
    private partial void LogRepaired(string cluster);
}
