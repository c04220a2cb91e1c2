using System.Buffers;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Vigia.Kubernetes;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// <c>pods/NAME/log</c>: the lines that a container wrote, and with <c>follow</c> the lines that it will write.
/// </summary>
internal sealed class LogHandler(ObjectStore store, TimeProvider time)
{
    private const int FlushAt = 32 << 10;

    public async Task HandleAsync(ApiRequest request, StoredObject item)
    {
        var options = LogRequest.Read(request, time.GetUtcNow());
        var pod = item.ToJson();
        var container = ContainerInstance.Choose(item, pod, options.Container);
        var response = request.Http.Response;
        response.ContentType = "text/plain";
        if (item.Field("spec.nodeName") is null or "")
        {
            return; // a pod without a node has an empty log, as on a real server
        }

        var run = ContainerInstance.Find(item, pod, container, options.Previous);
        await response.StartAsync(request.Aborted);
        await CopyAsync(run, options, (bytes, ct) => WriteAsync(request, bytes, ct), request.Aborted);
    }

    /// <summary>
    /// Writes a log in pieces of whole lines; with <c>follow</c> until the run ends, or the pod is gone.
    /// </summary>
    public async Task CopyAsync(
        ContainerInstance run,
        LogRequest options,
        Func<ReadOnlyMemory<byte>, CancellationToken, Task> write,
        CancellationToken cancellationToken
    )
    {
        // 1. Changes of the pod end a wait: subscribed before the state is read, so that none is missed.
        var changed = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
        );
        var key = new ObjectKey(run.Namespace, run.PodName);
        using var subscription = options.Follow
            ? store.Subscribe(
                BuiltInTypes.Pods.Gvr,
                change =>
                {
                    if (change.Item.Key == key)
                    {
                        changed.Writer.TryWrite(true);
                    }
                }
            )
            : null;

        var output = new Output(write, options);
        var log = new ContainerLog(run);
        var lines = new List<GeneratedLine>();
        var now = time.GetUtcNow();
        var slot = Math.Max(log.First(now), options.Since is { } since ? log.SlotOf(since) : 0);
        var skip = 0;
        if (options.TailLines is { } tail)
        {
            (slot, skip) = Tail(log, Math.Max(slot, 0), tail, now);
        }

        // 2. Slot by slot, up to now; then, when following, up to the next line or the next change.
        while (true)
        {
            now = time.GetUtcNow();
            for (; slot <= log.Last(now); slot++)
            {
                log.Lines(slot, lines);
                var due = log.Due(lines, now);
                for (var i = skip; i < due; i++)
                {
                    if ((options.Since is not { } from || lines[i].At >= from) && !output.Add(lines[i]))
                    {
                        await output.FlushAsync(cancellationToken);
                        return;
                    }
                }

                skip = Math.Max(skip, due);
                if (skip < lines.Count)
                {
                    break; // the rest of this slot is yet to come
                }

                skip = 0;
                await output.FlushAsync(cancellationToken, FlushAt);
            }

            await output.FlushAsync(cancellationToken);
            if (!options.Follow || run.FinishedAt is not null)
            {
                return;
            }

            await WaitAsync(log, slot, skip, lines, changed.Reader, cancellationToken);
            if (Look(run, key) is not { } next)
            {
                return;
            }

            // The same run, perhaps ended: its last lines are still to be sent. The slots stay the same.
            (run, log) = next.FinishedAt == run.FinishedAt ? (run, log) : (next, new ContainerLog(next));
        }
    }

    /// <summary>The start of the last lines: a slot, and the number of its lines to skip.</summary>
    private static (long Slot, int Skip) Tail(ContainerLog log, long from, long wanted, DateTimeOffset now)
    {
        var lines = new List<GeneratedLine>();
        for (var slot = log.Last(now); slot >= from; slot--)
        {
            log.Lines(slot, lines);
            var due = log.Due(lines, now);
            if (due >= wanted)
            {
                return (slot, (int)(due - wanted));
            }

            wanted -= due;
        }

        return (from, 0);
    }

    /// <summary>The current state of the run; null if the pod, or the run, is gone.</summary>
    private ContainerInstance? Look(ContainerInstance run, ObjectKey key)
    {
        if (store.Get(BuiltInTypes.Pods.Gvr, key) is not { } item || item.Uid != run.Uid)
        {
            return null;
        }

        try
        {
            var pod = item.ToJson();
            var now = ContainerInstance.Find(item, pod, run.Container, previous: false);
            return now.IsSameRun(run) ? now
                : ContainerInstance.Find(item, pod, run.Container, previous: true) is var before && before.IsSameRun(run) ? before
                : null;
        }
        catch (StatusException)
        {
            return null; // the run is no longer known: its log has ended
        }
    }

    private async Task WaitAsync(
        ContainerLog log,
        long slot,
        int skip,
        List<GeneratedLine> lines,
        ChannelReader<bool> changed,
        CancellationToken cancellationToken
    )
    {
        var next = slot;
        log.Lines(next, lines);
        while (lines.Count <= skip)
        {
            (next, skip) = (next + 1, 0);
            log.Lines(next, lines);
        }

        var delay = lines[skip].At - time.GetUtcNow();
        if (delay <= TimeSpan.Zero)
        {
            return;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var told = changed.ReadAsync(enough.Token).AsTask();
        var slept = Task.Delay(delay, time, enough.Token);
        await Task.WhenAny(told, slept);
        await enough.CancelAsync();
        await Task.WhenAll(told, slept).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task WriteAsync(ApiRequest request, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writer = request.Http.Response.BodyWriter;
        writer.Write(bytes.Span);
        await writer.FlushAsync(cancellationToken);
    }

    /// <summary>
    /// Collects lines into pieces; the limit of bytes cuts in the middle of a line, as a kubelet does.
    /// </summary>
    private sealed class Output(Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, LogRequest options)
    {
        private readonly ArrayBufferWriter<byte> _buffer = new(4096);
        private long _left = options.LimitBytes ?? long.MaxValue;

        /// <returns>False if nothing more may be written.</returns>
        public bool Add(GeneratedLine line)
        {
            var text = options.Timestamps
                ? string.Concat(
                    line.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture),
                    line.Text,
                    "\n"
                )
                : string.Concat(line.Text, "\n");
            var bytes = Encoding.UTF8.GetBytes(text);
            var length = (int)Math.Min(bytes.Length, _left);
            _buffer.Write(bytes.AsSpan(0, length));
            _left -= length;
            return _left > 0;
        }

        public async Task FlushAsync(CancellationToken cancellationToken, int from = 1)
        {
            if (_buffer.WrittenCount >= from)
            {
                await write(_buffer.WrittenMemory, cancellationToken);
                _buffer.ResetWrittenCount();
            }
        }
    }
}
