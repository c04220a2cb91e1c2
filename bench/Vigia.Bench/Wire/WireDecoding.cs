using System.Diagnostics;
using System.IO.Compression;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Listing;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Protobuf;
using Vigia.Kubernetes.Watching;

namespace Vigia.Bench.Wire;

/// <summary>Decodes buffered bodies into what Vigia caches, and takes the time.</summary>
internal static class WireDecoding
{
    /// <summary>A list's objects, in the server's order.</summary>
    public static async Task<List<RawObject>> ListAsync(byte[] body, Variant variant, CancellationToken cancellationToken)
    {
        var sink = new Sink();
        Stream stream = new MemoryStream(body);
        await using var opened = variant.Gzip ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        using var buffer = new BodyBuffer(opened, 64 << 20);
        if (variant.IsProtobuf)
        {
            await new ProtoListDecoder(new ProtoObjectDecoder(new TemplateTable()), sink).ReadAsync(buffer, cancellationToken);
        }
        else
        {
            await new ListDecoder(new ObjectDecoder(), sink).ReadAsync(buffer, cancellationToken);
        }

        return sink.Objects;
    }

    /// <summary>CPU and wall time in milliseconds to decode a list, from a heap that was just collected.</summary>
    public static async Task<(double Cpu, double Wall)> TimeListAsync(byte[] body, Variant variant, CancellationToken cancellationToken)
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        var objects = await ListAsync(body, variant, cancellationToken);
        var wall = watch.Elapsed.TotalMilliseconds;
        process.Refresh();
        var used = (process.TotalProcessorTime - cpu).TotalMilliseconds;
        GC.KeepAlive(objects);
        return (used, wall);
    }

    /// <summary>
    /// Microseconds of CPU and of wall time to decode one event, over many rounds of the given frames.
    /// </summary>
    public static (double Cpu, double Wall) TimeWatch(List<byte[]> frames, Variant variant, int rounds)
    {
        var (json, proto) = (new WatchDecoder(), new ProtoObjectDecoder(new TemplateTable()));
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        var length = 0L;
        for (var round = 0; round < rounds; round++)
        {
            foreach (var frame in frames)
            {
                length += (variant.IsProtobuf ? ProtoWatchDecoder.Decode(frame, proto) : json.Decode(frame)).Object!.Length;
            }
        }

        GC.KeepAlive(length);
        var wall = watch.Elapsed.TotalMicroseconds;
        process.Refresh();
        var events = rounds * frames.Count;
        return ((process.TotalProcessorTime - cpu).TotalMicroseconds / events, wall / events);
    }

    /// <summary>Takes everything.</summary>
    internal sealed class Sink : IListSink
    {
        public List<RawObject> Objects { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => true;

        public void Item(RawObject item) => Objects.Add(item);
    }
}
