using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// The logs of many containers as one stream, for example of all pods of a workload: containers may come and go while
/// it is running.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Lines of one container keep their order; lines of several are sorted by time as far as they
/// arrive within <see cref="ReorderWithin"/> of each other. A container that fails ends with an
/// <see cref="LogEntryKind.Ended"/> entry with the reason, and does not affect the others. At most
/// <see cref="Pending"/> lines are buffered; then the servers are held back. Ends when the source of targets and every
/// log have ended.
/// </remarks>
public sealed class MergedLogs(LogClient client, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>How long a line waits for earlier ones of others. Default 100 ms.</summary>
    public TimeSpan ReorderWithin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The most lines that wait to be read. Default 10,000.</summary>
    public int Pending { get; init; } = 10_000;

    /// <summary>Reads the logs of a fixed set.</summary>
    public IAsyncEnumerable<LogEntry> ReadAsync(IEnumerable<LogTarget> targets, LogOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return ReadAsync(Fixed(targets), options, ct);
    }

    /// <summary>Reads the logs of a changing set of pods, as an informer of pods reports it.</summary>
    /// <param name="targets">The targets to follow; its end is the end of changes, not of the logs.</param>
    /// <param name="options">
    /// For each; <see cref="LogOptions.Container"/> is taken from the target. One that joins later is read by the same
    /// options.
    /// </param>
    /// <param name="ct">Ends the stream.</param>
    public async IAsyncEnumerable<LogEntry> ReadAsync(
        IAsyncEnumerable<LogTargetChange> targets,
        LogOptions? options = null,
        [EnumeratorCancellation] CancellationToken ct = default
    )
    {
        ArgumentNullException.ThrowIfNull(targets);
        var lines = Channel.CreateBounded<LogEntry>(
            new BoundedChannelOptions(Pending)
            {
                FullMode = BoundedChannelFullMode.Wait,
                SingleReader = true,
                SingleWriter = false,
            }
        );
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var feeding = FeedAsync(targets, options ?? new(), lines.Writer, ended.Token);
        try
        {
            var held = new List<LogEntry>();
            while (await lines.Reader.WaitToReadAsync(ct))
            {
                if (ReorderWithin > TimeSpan.Zero)
                {
                    await Task.Delay(ReorderWithin, _time, ct);
                }

                while (held.Count < Pending && lines.Reader.TryRead(out var entry))
                {
                    held.Add(entry);
                }

                // Stable: lines of one time, as those of a stack trace, keep their order.
                foreach (var entry in held.OrderBy(entry => entry.Timestamp))
                {
                    yield return entry;
                }

                held.Clear();
            }

            await feeding;
        }
        finally
        {
            await ended.CancelAsync();
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FeedAsync(
        IAsyncEnumerable<LogTargetChange> targets,
        LogOptions options,
        ChannelWriter<LogEntry> lines,
        CancellationToken ct
    )
    {
        var open = new Dictionary<LogTarget, (Task Task, CancellationTokenSource Stop)>();
        try
        {
            await foreach (var change in targets.WithCancellation(ct))
            {
                if (change.IsGone)
                {
                    if (open.Remove(change.Target, out var gone))
                    {
                        await gone.Stop.CancelAsync();
                        await gone.Task;
                        gone.Stop.Dispose();
                    }
                }
                else if (!open.ContainsKey(change.Target))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
                    open[change.Target] = (ReadOneAsync(change.Target, options, lines, stop.Token), stop);
                }
            }

            await Task.WhenAll(open.Values.Select(one => one.Task));
        }
        finally
        {
            foreach (var (task, stop) in open.Values)
            {
                await stop.CancelAsync();
                await task;
                stop.Dispose();
            }

            lines.TryComplete();
        }
    }

    private async Task ReadOneAsync(LogTarget target, LogOptions options, ChannelWriter<LogEntry> lines, CancellationToken ct)
    {
        try
        {
            await foreach (
                var entry in client.ReadAsync(target.Pod, options with { Container = target.Container ?? options.Container }, ct)
            )
            {
                await lines.WriteAsync(entry, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // No longer needed.
        }
        catch (Exception error) when (error is KubernetesApiException or KubernetesConnectionException or CredentialException)
        {
            var told = new LogEntry(
                LogEntryKind.Ended,
                target.Pod,
                target.Container ?? "",
                _time.GetUtcNow(),
                Encoding.UTF8.GetBytes(error.Message)
            );
            try
            {
                await lines.WriteAsync(told, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // There are no more readers.
            }
        }
    }

    private static async IAsyncEnumerable<LogTargetChange> Fixed(IEnumerable<LogTarget> targets)
    {
        foreach (var target in targets)
        {
            yield return new(target);
        }

        await Task.CompletedTask;
    }
}
