using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vigia.Live.Clusters;

namespace Vigia.Live.Health;

/// <summary>
/// Checks every cluster and resource at an interval, probes those whose circuit is open, and starts all retries at once
/// when a probe succeeds.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> An informer backs off by itself and never gives up; after five failures in a row its circuit is
/// open. If a cluster as a whole fails, the monitor sends it one request per interval (half-open). When that succeeds,
/// all waiting retries of the cluster start at once, not each at the end of its own wait. Clusters are checked in
/// parallel: one that hangs does not delay the others. The state is also computed again on demand (<see cref="Look"/>),
/// so health is never outdated.
/// </remarks>
public sealed partial class HealthMonitor(
    ClusterSet clusters,
    HealthOptions options,
    int circuitThreshold,
    TimeProvider time,
    ILoggerFactory loggers
) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<HealthMonitor>();
    private readonly ConcurrentDictionary<ClusterSession, Record> _records = new();
    private readonly CancellationTokenSource _stopping = new();
    private long _checks;
    private Task? _loop;

    /// <summary>Checks made since the start.</summary>
    public long Checks => Volatile.Read(ref _checks);

    /// <summary>When the next check is made; null before the first.</summary>
    public DateTimeOffset? NextCheck { get; private set; }

    /// <summary>Begins to check.</summary>
    public void Start() => _loop ??= Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);

    /// <summary>The current state of every cluster.</summary>
    public IReadOnlyList<ClusterHealth> Look() =>
        [.. clusters.Sessions.Select(session => Examine(session, _records.GetOrAdd(session, _ => new Record(time.GetUtcNow()))))];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is { } loop)
        {
            await loop;
        }

        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                NextCheck = time.GetUtcNow() + options.Interval;
                await Task.Delay(options.Interval, time, cancellationToken);
                await CheckAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    /// <summary>One check of everything.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _checks);
        var sessions = clusters.Sessions;
        foreach (var gone in _records.Keys.Except(sessions).ToArray())
        {
            _records.TryRemove(gone, out _);
        }

        await Task.WhenAll(
            sessions.Select(session =>
                CheckAsync(session, _records.GetOrAdd(session, _ => new Record(time.GetUtcNow())), cancellationToken)
            )
        );
    }

    private async Task CheckAsync(ClusterSession session, Record record, CancellationToken cancellationToken)
    {
        var health = Examine(session, record);
        foreach (var silent in health.Resources.Where(resource => resource.IsSilent))
        {
            LogSilent(silent.Feed.Name, silent.Age!.Value.TotalMinutes);
        }

        if (health.Circuit == CircuitState.Closed)
        {
            if (record.RetriedAt != health.Recoveries)
            {
                // One of them found out by itself: the others need not wait either.
                record.RetriedAt = health.Recoveries;
                LogAnswers(session.Name);
                session.RetryNow();
            }

            return;
        }

        // Half-open: a single request.
        record.IsProbing = true;
        try
        {
            using var patience = new CancellationTokenSource(options.ProbeTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            await ProbeAsync(session, either.Token).WaitAsync(either.Token);
            record.ProbeFailures = 0;
            LogAnswers(session.Name);
            session.RetryNow();
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            record.ProbeFailures++;
            var reason =
                failed is OperationCanceledException ? $"no answer within {options.ProbeTimeout.TotalSeconds:0.###} s" : failed.Message;
            LogProbeFailed(session.Name, record.ProbeFailures, options.Interval.TotalSeconds, reason);
        }
        finally
        {
            record.LastProbe = time.GetUtcNow();
            record.IsProbing = false;
        }
    }

    private static async Task ProbeAsync(ClusterSession session, CancellationToken cancellationToken)
    {
        if (session.Source.Client is { } client)
        {
            await client.GetBytesAsync("/version", ct: cancellationToken);
        }
        else
        {
            await session.Source.DiscoverAsync(cancellationToken);
        }
    }

    private ClusterHealth Examine(ClusterSession session, Record record)
    {
        var now = time.GetUtcNow();
        var resources = session.Feeds.Where(feed => feed.IsWanted && !feed.IsAbsent).Select(feed => Examine(feed, now)).ToArray();
        var live = resources.Count(resource => resource.IsLive);
        var failing = resources.Where(resource => !resource.IsLive && resource.State != "syncing").ToArray();

        // One resource that fails has its own circuit; the cluster's is open where the cluster is what fails.
        var isOpen =
            session.Problem is not null
            || (live == 0 && resources.Any(resource => resource.Circuit != CircuitState.Closed && resource.State != "denied"));
        var status =
            session.Problem is not null || (resources.Length > 0 && failing.Length == resources.Length) ? "failing"
            : failing.Length > 0 ? "degraded"
            : live < resources.Length || !session.IsReady ? "loading"
            : "healthy";
        var reason =
            session.Problem
            ?? (
                failing.Length > 0 ? failing[0].Reason
                : status == "loading" ? "the first lists are loading"
                : null
            );
        lock (record)
        {
            record.Recoveries += record.WasOpen && !isOpen ? 1 : 0;
            record.WasOpen = isOpen;
            if (record.Status != status)
            {
                if (record.Status is not null)
                {
                    LogStatus(session.Name, record.Status, status, reason ?? "everything is live");
                }

                (record.Status, record.Since) = (status, now);
            }
        }

        return new(
            session.Name,
            status,
            reason,
            record.Since,
            !isOpen ? CircuitState.Closed
                : record.IsProbing ? CircuitState.HalfOpen
                : CircuitState.Open,
            record.ProbeFailures,
            now,
            record.LastProbe,
            isOpen ? NextCheck : null,
            record.Recoveries,
            resources
        );
    }

    private ResourceHealth Examine(ResourceFeed feed, DateTimeOffset now)
    {
        var state = FeedState.Of(feed);
        if (state.Status is not { } status)
        {
            return new(feed, state.Word, false, CircuitState.Closed, 0, state.Reason, null, false);
        }

        DateTimeOffset? last =
            status.LastEvent > status.LastBookmark || status.LastBookmark is null ? status.LastEvent : status.LastBookmark;
        var age = now - last;
        var circuit =
            status.Failures < circuitThreshold ? CircuitState.Closed
            : status.Freshness.NextTry is null ? CircuitState.HalfOpen
            : CircuitState.Open;
        return new(feed, state.Word, state.IsLive, circuit, status.Failures, state.Reason, age, state.IsLive && age > options.Silence);
    }

    [LoggerMessage(3041, LogLevel.Warning, "{Cluster} changed from {Before} to {Now}: {Reason}")]
    private partial void LogStatus(string cluster, string before, string now, string reason);

    [LoggerMessage(3042, LogLevel.Information, "{Cluster} answers again: its waiting retries start now")]
    private partial void LogAnswers(string cluster);

    [LoggerMessage(3043, LogLevel.Warning, "{Cluster} did not answer a probe, {Failures} in a row; next probe in {Wait} s: {Reason}")]
    private partial void LogProbeFailed(string cluster, int failures, double wait, string reason);

    [LoggerMessage(3044, LogLevel.Warning, "{Resource} is live but has received neither an event nor a bookmark for {Minutes:0} min")]
    private partial void LogSilent(string resource, double minutes);

    /// <summary>The state of a cluster between checks.</summary>
    private sealed class Record(DateTimeOffset now)
    {
        public string? Status { get; set; }

        public DateTimeOffset Since { get; set; } = now;

        public volatile bool IsProbing;

        public int ProbeFailures { get; set; }

        public bool WasOpen { get; set; }

        public DateTimeOffset? LastProbe { get; set; }

        public long Recoveries { get; set; }

        /// <summary>
        /// The last recovery that was reported to everything that waits. For the monitor's loop alone.
        /// </summary>
        public long RetriedAt { get; set; }
    }
}
