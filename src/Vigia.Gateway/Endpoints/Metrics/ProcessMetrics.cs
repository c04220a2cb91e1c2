using System.Diagnostics;
using Vigia.Gateway.Metrics;

namespace Vigia.Gateway.Endpoints.Metrics;

/// <summary>
/// The process itself, under the names that Prometheus' client libraries give it, and what .NET's memory is doing.
/// </summary>
internal static class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Writes the families.</summary>
    public static void Write(MetricText text)
    {
        using var process = Process.GetCurrentProcess();
        text.Counter("process_cpu_seconds_total", "Processor time of the process, in user and in system mode.")
            .Set(process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Memory of the process that is in use.").Set(process.WorkingSet64);
        text.Gauge("process_start_time_seconds", "When the process was started, in seconds since 1970.")
            .Set(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000d);
        text.Gauge("process_threads", "Threads of the process.").Set(process.Threads.Count);
        var open = text.Gauge("process_open_fds", "Files and sockets that are open.");
        if (Directory.Exists(Descriptors))
        {
            open.Set(Directory.EnumerateFileSystemEntries(Descriptors).Count());
        }

        text.Gauge(
                "dotnet_gc_heap_size_bytes",
                "Memory of the managed heap that was in use at the last collection, with what is not used yet."
            )
            .Set(GC.GetGCMemoryInfo().HeapSizeBytes);
        text.Counter("dotnet_gc_allocated_bytes_total", "Memory that was allocated on the managed heap.").Set(GC.GetTotalAllocatedBytes());
        text.Counter("dotnet_gc_pause_seconds_total", "For how long collections held everything up.")
            .Set(GC.GetTotalPauseDuration().TotalSeconds);
        var collections = text.Counter("dotnet_gc_collections_total", "Collections, by the oldest generation that was collected.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            collections.Set(
                GC.CollectionCount(generation),
                ("generation", generation.ToString(System.Globalization.CultureInfo.InvariantCulture))
            );
        }
    }
}
