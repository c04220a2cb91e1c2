using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes.Transport;
using Vigia.Kubernetes.Workloads.Exec;
using Vigia.Kubernetes.Workloads.Logs;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Reads the logs of containers, and follows them through cuts, restarts of the server, and restarts of the container.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Lines arrive in the kubelet's order. After an interruption the log is resumed at the time of the
/// last line: no line is repeated and none is left out, as far as timestamps allow. If the kubelet no longer keeps the
/// last line, a <see cref="LogEntryKind.Gap"/> reports it. Lines are copied once. Thread-safe. Only one buffer is read
/// ahead of the caller, so a caller that does not read holds the server back. Needs the rights <c>get pods/log</c> and
/// <c>get pods</c>.
/// </remarks>
public sealed partial class LogClient
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(800);

    // client-go's kubectl does not wait at all; a kubelet reports a start within a second.
    private static readonly TimeSpan WaitForStart = TimeSpan.FromSeconds(1);

    private readonly KubernetesClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates a reader of logs; nothing is sent yet.</summary>
    public LogClient(KubernetesClient client, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        (_client, _time, _logger) = (
            client,
            time ?? TimeProvider.System,
            (loggers ?? NullLoggerFactory.Instance).CreateLogger<LogClient>()
        );
    }

    /// <summary>Reads a log.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="options">The options; null for the whole log of the default container.</param>
    /// <param name="ct">Ends the stream with an exception, as usual; stopping to enumerate ends it as well.</param>
    /// <exception cref="KubernetesApiException">
    /// The server says no: no such pod or container, no right, or (without Follow) the container has not started.
    /// </exception>
    /// <exception cref="KubernetesConnectionException">
    /// The server cannot be reached at the start, or (without Follow) the connection broke.
    /// </exception>
    public async IAsyncEnumerable<LogEntry> ReadAsync(
        ObjectKey pod,
        LogOptions? options = null,
        [EnumeratorCancellation] CancellationToken ct = default
    )
    {
        options ??= new();
        options.Check();
        var run = await LookAsync(pod, options.Container, ct) ?? throw NotFound(pod);
        var container = options.Container ?? run.Name ?? "";
        var position = default(LogPosition);
        var (since, tail) = (options.Since, options.TailLines);
        var (previous, drained, waiting, told) = (options.Previous, false, "", true);
        var attempts = 0;
        while (true)
        {
            // 1. Open the log, from the second of the last line if there is one.
            position.Resume();
            var (response, refusal) = await OpenAsync(
                pod,
                options with
                {
                    Previous = previous,
                },
                container,
                position.Any ? position.Last : since,
                position.Any ? null : tail,
                ct
            );
            var came = false;
            if (response is not null)
            {
                // 2. Read until it ends or breaks.
                var reader = new LogLineReader(await response.Content.ReadAsStreamAsync(ct), options.LargestLine);
                try
                {
                    while (true)
                    {
                        (DateTimeOffset At, byte[] Bytes, bool IsPart)? next;
                        try
                        {
                            next = await reader.ReadAsync(ct);
                        }
                        catch (Exception error) when (error is IOException or HttpRequestException && !ct.IsCancellationRequested)
                        {
                            refusal = ConnectionErrors.Of(error, _client.Configuration);
                            break;
                        }

                        if (next is not { } line)
                        {
                            break;
                        }

                        came = true;
                        if (!position.Take(line.At, out var gap))
                        {
                            continue;
                        }

                        if (!told || gap)
                        {
                            yield return Entry(
                                gap ? LogEntryKind.Gap : LogEntryKind.Resumed,
                                gap ? "continues; lines may be missing: the last line before the interruption is no longer kept" : "goes on"
                            );
                        }

                        told = true;
                        yield return new LogEntry(LogEntryKind.Line, pod, container, line.At, line.Bytes) { IsPart = line.IsPart };
                    }
                }
                finally
                {
                    await reader.CompleteAsync();
                    response.Dispose();
                }
            }

            if (!options.Follow)
            {
                if (refusal is not null)
                {
                    throw refusal;
                }

                yield break;
            }

            // 3. Why did it end? The pod is read right before the log is opened again, so that another run is not taken
            // for this one.
            previous = false;
            var paused = false;
            while (true)
            {
                var (now, unreachable) = await TryLookAsync(pod, container, ct);
                if (unreachable is KubernetesApiException { IsTransient: false } or CredentialException)
                {
                    throw unreachable;
                }

                if (unreachable is null && (now is null || now.Uid != run.Uid))
                {
                    yield return Entry(LogEntryKind.Ended, "the pod is gone");
                    yield break;
                }

                var restarted = now is not null && now.Started && now.Restarts > run.Restarts;
                var ended = now?.Terminated is not null;
                if ((restarted || ended) && position.Any && !drained)
                {
                    // The stream may have been cut just before the end: the last lines of the run are fetched first.
                    (drained, previous) = (true, restarted);
                    break;
                }

                if (restarted)
                {
                    if (!options.FollowRestarts)
                    {
                        yield return Entry(LogEntryKind.Ended, "the container ended and was restarted");
                        yield break;
                    }

                    yield return Entry(
                        LogEntryKind.Restarted,
                        string.Create(CultureInfo.InvariantCulture, $"the container was restarted (restart {now!.Restarts})")
                    );
                    (run, position, since, tail, drained, waiting, told) = (now, default, null, null, false, "", true);
                    break;
                }

                if (ended && (!options.FollowRestarts || now!.Over))
                {
                    yield return Entry(LogEntryKind.Ended, $"the container has ended: {now!.Terminated}");
                    yield break;
                }

                if ((ended ? "it has ended and will be restarted" : now?.Waiting) is { } reason)
                {
                    if (!options.FollowRestarts)
                    {
                        throw refusal ?? NotFound(pod);
                    }

                    if (reason != waiting)
                    {
                        waiting = reason;
                        yield return Entry(LogEntryKind.Waiting, $"waiting for the container to start: {reason}");
                    }

                    await Task.Delay(WaitForStart, _time, ct);
                    paused = true;
                    continue;
                }

                // 4. It is running, so the stream was interrupted, or it did not run when the log was requested: retry
                // after a pause, which grows while nothing arrives.
                if (now is not null && (paused || waiting.Length > 0))
                {
                    waiting = "";
                    break;
                }

                if (refusal is KubernetesApiException { IsTransient: false } said && now is not null)
                {
                    throw said;
                }

                if (told)
                {
                    told = false;
                    var why = (unreachable ?? refusal)?.Message ?? "the server ended the stream";
                    LogCut(pod.ToString(), container, why);
                    yield return Entry(LogEntryKind.Interrupted, why);
                }

                attempts = came ? 0 : attempts + 1;
                came = false;
                await Task.Delay(
                    TimeSpan.FromTicks(Math.Min(options.LongestPause.Ticks, FirstPause.Ticks << Math.Min(attempts, 16))),
                    _time,
                    ct
                );
                paused = true;
            }
        }

        LogEntry Entry(LogEntryKind kind, string text) => new(kind, pod, container, _time.GetUtcNow(), Encoding.UTF8.GetBytes(text));
    }

    private async Task<(HttpResponseMessage? Response, Exception? Refusal)> OpenAsync(
        ObjectKey pod,
        LogOptions options,
        string container,
        DateTimeOffset? since,
        long? tail,
        CancellationToken ct
    )
    {
        try
        {
            // A server may send the headers of a followed log with its first line only: no limit to the wait.
            var path = KnownResources.Pods.Path(pod.Namespace, pod.Name, "log") + options.Query(container, since, tail);
            return (await _client.SendAsync(HttpMethod.Get, path, "*/*", options.Follow ? Timeout.InfiniteTimeSpan : null, ct), null);
        }
        catch (Exception error)
            when (options.Follow && error is KubernetesConnectionException or KubernetesApiException { Code: not (401 or 403 or 404) })
        {
            return (null, error);
        }
    }

    private async Task<(ContainerRun? Run, Exception? Error)> TryLookAsync(ObjectKey pod, string container, CancellationToken ct)
    {
        try
        {
            return (await LookAsync(pod, container, ct), null);
        }
        catch (Exception error) when (error is KubernetesConnectionException or KubernetesApiException or CredentialException)
        {
            return (null, error);
        }
    }

    /// <summary>How the container fares; null if the pod is gone.</summary>
    private async Task<ContainerRun?> LookAsync(ObjectKey pod, string? container, CancellationToken ct)
    {
        try
        {
            using var document = JsonDocument.Parse(await _client.GetBytesAsync(KnownResources.Pods.Path(pod.Namespace, pod.Name), ct: ct));
            return ContainerRun.Of(document.RootElement, container ?? PodContainers.Default(document.RootElement));
        }
        catch (KubernetesApiException error) when (error.IsNotFound)
        {
            return null;
        }
    }

    private static KubernetesApiException NotFound(ObjectKey pod) =>
        new(
            new KubernetesStatus(404, "NotFound", $"pods \"{pod.Name}\" not found in namespace \"{pod.Namespace}\"", null, []),
            "GET",
            KnownResources.Pods.Path(pod.Namespace, pod.Name, "log")
        );

    [LoggerMessage(1014, LogLevel.Information, "The log of {Pod} {Container} was interrupted; reconnecting: {Reason}")]
    private partial void LogCut(string pod, string container, string reason);
}
