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
        text.Counter("process_cpu_seconds_total", "CPU time of the process, in user and system mode.")
            .Set(process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Resident memory of the process.").Set(process.WorkingSet64);
        text.Gauge("process_start_time_seconds", "When the process was started, in seconds since 1970.")
            .Set(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000d);
        text.Gauge("process_threads", "Threads of the process.").Set(process.Threads.Count);
        var open = text.Gauge("process_open_fds", "Open files and sockets.");
        if (Directory.Exists(Descriptors))
        {
            open.Set(Directory.EnumerateFileSystemEntries(Descriptors).Count());
        }

        text.Gauge("dotnet_gc_heap_size_bytes", "Size of the managed heap at the last collection, including free space.")
            .Set(GC.GetGCMemoryInfo().HeapSizeBytes);
        text.Counter("dotnet_gc_allocated_bytes_total", "Memory allocated on the managed heap.").Set(GC.GetTotalAllocatedBytes());
        text.Counter("dotnet_gc_pause_seconds_total", "Total pause of garbage collections.").Set(GC.GetTotalPauseDuration().TotalSeconds);
        var collections = text.Counter("dotnet_gc_collections_total", "Garbage collections, by generation.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            collections.Set(
                GC.CollectionCount(generation),
                ("generation", generation.ToString(System.Globalization.CultureInfo.InvariantCulture))
            );
        }
    }
}
