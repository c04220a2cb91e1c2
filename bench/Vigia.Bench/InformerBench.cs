using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Bench;

/// <summary>
/// <c>informer</c>: on a cluster, time to synced, heap per object, query times, and with <c>--seconds</c> events per
/// second and the delay from <c>bench/sent-at</c> to a handler.
/// </summary>
internal static class InformerBench
{
    public static Command Create()
    {
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The kubeconfig." };
        var context = new Option<string?>("--context") { Description = "The context." };
        var metadata = new Option<bool>("--metadata-only") { Description = "Metadata alone." };
        var resource = new Option<string>("--resource")
        {
            Description = "The plural of a core/v1 resource.",
            DefaultValueFactory = _ => "pods",
        };
        var seconds = new Option<int>("--seconds")
        {
            Description = "How long to follow changes after the sync.",
            DefaultValueFactory = _ => 0,
        };
        var encoding = new Option<WireEncoding>("--encoding")
        {
            Description = "Json, Protobuf or Auto.",
            DefaultValueFactory = _ => WireEncoding.Auto,
        };
        var selector = new Option<string?>("--selector")
        {
            Description = "A label selector: with part of the objects, what is not per object can be told from what is.",
        };
        var command = new Command("informer", "Measures a pod informer on a cluster; prints one JSON object.")
        {
            kubeconfig,
            context,
            metadata,
            resource,
            seconds,
            encoding,
            selector,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context)),
                    new ListerWatcherOptions
                    {
                        MetadataOnly = parsed.GetValue(metadata),
                        LabelSelector = parsed.GetValue(selector),
                        Encoding = parsed.GetValue(encoding),
                    },
                    parsed.GetValue(resource)!,
                    parsed.GetValue(seconds),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        ClusterConfiguration cluster,
        ListerWatcherOptions options,
        string resource,
        int seconds,
        CancellationToken cancellationToken
    )
    {
        var baseline = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        await using var client = new KubernetesClient(cluster);
        var source = new ResourceListerWatcher(client, cluster.Context, new GroupVersionResource("", "v1", resource), options);
        await using var informer = new SharedInformer(source);
        informer.Start();
        await informer.WhenSynced.WaitAsync(cancellationToken);
        var synced = watch.Elapsed;
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var peak = process.PeakWorkingSet64;
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var objects = informer.Store.Count;
        var heap = GC.GetTotalMemory(forceFullCollection: true) - baseline;

        var delays = new List<double>();
        var events = 0;
        if (seconds > 0)
        {
            await using var handler = informer.AddHandler(
                new ResourceEventHandlerFuncs
                {
                    OnUpdate = (_, pod) =>
                    {
                        events++;
                        if (SentAt(pod) is { } sent)
                        {
                            delays.Add((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds - (sent / 1e6));
                        }
                    },
                }
            );
            await handler.WhenSynced.WaitAsync(cancellationToken);
            events = 0;
            delays.Clear();
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, cancellationToken);
        }

        delays.Sort();
        var selector = LabelSelector.Parse("app=app-042");
        if (objects == 0)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { objects, heapBytes = heap }));
            return 0;
        }

        var some = informer.Store.List()[0];
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    objects,
                    encoding = source.Encoding.ToString(),
                    syncedMs = (int)synced.TotalMilliseconds,
                    cpuToSyncedMs = (int)cpu.TotalMilliseconds,
                    peakResidentMb = peak >> 20,
                    heapBytesPerObject = heap / Math.Max(1, objects),
                    keptBytesPerObject = informer.Store.List().Sum(o => (long)o.KeptLength) / Math.Max(1, objects),
                    bodyBytesPerObject = informer.Store.List().Sum(o => (long)o.Length) / Math.Max(1, objects),
                    heapBytes = heap,
                    listAllNs = Time(() => informer.Store.List().Count),
                    listNamespaceNs = Time(() => informer.Store.List(some.Namespace).Count),
                    getNs = Time(() => informer.Store.Get(some.Key)!.Length),
                    listByLabelOverAllUs = Time(() => Count(informer, selector)) / 1000,
                    eventsPerSecond = seconds > 0 ? events / seconds : 0,
                    delayP50Ms = At(delays, 0.5),
                    delayP99Ms = At(delays, 0.99),
                }
            )
        );
        return 0;
    }

    private static int Count(SharedInformer informer, LabelSelector selector)
    {
        var count = 0;
        foreach (var o in informer.Store.List())
        {
            count += selector.Matches(o.Labels) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The median of nine rounds, in nanoseconds a call.</summary>
    private static double Time(Func<int> call)
    {
        var rounds = new List<double>();
        var sink = 0;
        for (var round = 0; round < 9; round++)
        {
            var calls = 0;
            var watch = Stopwatch.StartNew();
            while (watch.ElapsedMilliseconds < 30)
            {
                for (var i = 0; i < 100; i++)
                {
                    sink += call();
                }

                calls += 100;
            }

            rounds.Add(watch.Elapsed.TotalNanoseconds / calls);
        }

        GC.KeepAlive(sink);
        rounds.Sort();
        return Math.Round(rounds[4], 1);
    }

    private static double At(List<double> sorted, double quantile) =>
        sorted.Count == 0 ? 0 : Math.Round(sorted[(int)((sorted.Count - 1) * quantile)], 2);

    private static long? SentAt(RawObject pod)
    {
        using var json = pod.Open();
        var at = json.Span.IndexOf("\"bench/sent-at\":\""u8);
        if (at < 0)
        {
            return null;
        }

        var rest = json.Span[(at + 17)..];
        return long.TryParse(
            Encoding.ASCII.GetString(rest[..Math.Max(0, rest.IndexOf((byte)'"'))]),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var sent
        )
            ? sent
            : null;
    }
}
