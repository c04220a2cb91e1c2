using System.CommandLine;
using System.Text.Json;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Bench.Wire;

/// <summary>
/// <c>wire</c>: what JSON and protobuf, with and without gzip, cost for the same pods: bytes, the server's time, the
/// client's time to decode.
/// </summary>
internal static class WireCommand
{
    // On one core the last methods are compiled to the end after some three seconds of each.
    private const int ListWarmUp = 8;
    private const int WatchWarmUp = 60;

    public static Command Create()
    {
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "The kubeconfig." };
        var context = new Option<string?>("--context") { Description = "The context." };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median counts.", DefaultValueFactory = _ => 7 };
        var pid = new Option<int>("--server-pid")
        {
            Description = "The API server's process on this machine, to measure its CPU; 0 for none.",
            DefaultValueFactory = _ => 0,
        };
        var odd = new Option<bool>("--odd") { Description = "Make odd objects in a namespace of their own and compare those as well." };
        var fixtures = new Option<string?>("--fixtures")
        {
            Description = "A folder of NAME.pb and NAME.json, as k8s.io/api has in testdata/: they are compared, and nothing else is done.",
        };
        var watch = new Option<bool>("--watch-only") { Description = "The decoding of watch events alone." };
        var kinds = new Option<bool>("--kinds") { Description = "List every built-in kind in both forms, compare, and do nothing else." };
        var command = new Command("wire", "JSON against protobuf on a cluster's pods; prints one JSON object a line.")
        {
            kubeconfig,
            context,
            rounds,
            pid,
            odd,
            fixtures,
            watch,
            kinds,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                if (parsed.GetValue(fixtures) is { } folder)
                {
                    Fixtures(folder);
                    return 0;
                }

                var cluster = KubeconfigLoader.Load(parsed.GetValue(kubeconfig), parsed.GetValue(context));
                if (parsed.GetValue(kinds))
                {
                    await using var whole = new KubernetesClient(cluster);
                    return await KindsComparison.RunAsync(whole, cancellationToken) == 0 ? 0 : 1;
                }

                using var client = await WireClient.CreateAsync(cluster, cancellationToken);
                if (parsed.GetValue(odd))
                {
                    await OddObjects.CompareAsync(cluster, client, cancellationToken);
                }

                if (parsed.GetValue(watch))
                {
                    await WatchAsync(client, parsed.GetValue(rounds), cancellationToken);
                    return 0;
                }

                var bodies = await FetchAsync(client, parsed.GetValue(rounds), parsed.GetValue(pid), cancellationToken);
                var plain = await WireDecoding.ListAsync(bodies["json"], Variant.All[0], cancellationToken);
                foreach (var variant in Variant.All)
                {
                    var (equal, compared, first) = Sameness.Compare(
                        plain,
                        await WireDecoding.ListAsync(bodies[variant.Name], variant, cancellationToken)
                    );
                    Print(
                        new
                        {
                            compare = variant.Name,
                            objects = plain.Count,
                            compared,
                            equal,
                            firstDifference = first,
                        }
                    );
                }

                plain = null;
                await DecodeAsync(bodies, parsed.GetValue(rounds), cancellationToken);
                await WatchAsync(client, parsed.GetValue(rounds), cancellationToken);
                return 0;
            }
        );
        return command;
    }

    /// <summary>Prints one measure.</summary>
    public static void Print(object measured) => Console.WriteLine(JsonSerializer.Serialize(measured));

    /// <summary>One object in both forms, with every field set: what no cluster's pods have.</summary>
    private static void Fixtures(string folder)
    {
        var (same, different, gaps, unreadable) = (0, 0, 0, 0);
        foreach (var file in Directory.EnumerateFiles(folder, "*.pb").Order())
        {
            var text = File.ReadAllBytes(Path.ChangeExtension(file, ".json"));
            if (text.AsSpan().IndexOf("\n  \"metadata\": {\n    \"name\":"u8) < 0)
            {
                continue; // options and reviews: no object that is listed
            }

            try
            {
                List<RawObject> json = [RawObject.Parse(text)];
                var (equal, _, first) = Sameness.Compare(
                    json,
                    [new ProtoObjectDecoder(new TemplateTable()).DecodeEnvelope(File.ReadAllBytes(file))]
                );
                (same, different) = equal == 1 ? (same + 1, different) : (same, different + 1);
                if (equal == 0)
                {
                    Print(new { compare = Path.GetFileName(file), firstDifference = first });
                }
            }
            catch (ObjectFormatException fault)
            {
                unreadable++;
                Print(new { compare = Path.GetFileName(file), unreadable = fault.Message });
            }
            catch (SchemaGapException gap)
            {
                gaps++;
                Print(new { compare = Path.GetFileName(file), asJsonFor = gap.Message });
            }
        }

        Print(
            new
            {
                same,
                different,
                gaps,
                unreadable,
            }
        );
    }

    private static async Task<Dictionary<string, byte[]>> FetchAsync(
        WireClient client,
        int rounds,
        int pid,
        CancellationToken cancellationToken
    )
    {
        var bodies = new Dictionary<string, byte[]>();
        var times = Variant.All.ToDictionary(variant => variant.Name, _ => new List<Fetched>());
        var sizes = Variant.All.ToDictionary(variant => variant.Name, _ => new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var variant in Variant.All)
            {
                // resourceVersion=0 as an informer asks: the server answers from its cache.
                var fetched = await client.GetAsync("/api/v1/pods?resourceVersion=0", variant, pid, cancellationToken);
                bodies[variant.Name] = fetched.Body;
                if (round > 0)
                {
                    times[variant.Name].Add(fetched with { Body = [] });
                    sizes[variant.Name].Add(fetched.Body.Length);
                }
            }
        }

        foreach (var (name, taken) in times)
        {
            Print(
                new
                {
                    fetch = name,
                    // The server's cache has no order, and what gzip finds to repeat depends on it.
                    bytes = Median(sizes[name]),
                    bytesMin = sizes[name].Min(),
                    bytesMax = sizes[name].Max(),
                    firstByteMs = Median(taken.Select(t => t.FirstByteMs)),
                    lastByteMs = Median(taken.Select(t => t.LastByteMs)),
                    serverCpuMs = Median(taken.Select(t => t.ServerCpuMs)),
                }
            );
        }

        return bodies;
    }

    private static async Task DecodeAsync(Dictionary<string, byte[]> bodies, int rounds, CancellationToken cancellationToken)
    {
        var times = Variant.All.ToDictionary(variant => variant.Name, _ => new List<(double Cpu, double Wall)>());
        for (var round = -ListWarmUp; round < rounds; round++)
        {
            foreach (var variant in Variant.All)
            {
                var time = await WireDecoding.TimeListAsync(bodies[variant.Name], variant, cancellationToken);
                if (round >= 0)
                {
                    times[variant.Name].Add(time);
                }
            }
        }

        foreach (var (name, taken) in times)
        {
            Print(
                new
                {
                    decode = name,
                    cpuMs = Median(taken.Select(t => t.Cpu)),
                    wallMs = Median(taken.Select(t => t.Wall)),
                    wallMinMs = Math.Round(taken.Min(t => t.Wall), 1),
                    wallMaxMs = Math.Round(taken.Max(t => t.Wall), 1),
                }
            );
        }
    }

    private static async Task WatchAsync(WireClient client, int rounds, CancellationToken cancellationToken)
    {
        Variant[] variants = [Variant.All[0], Variant.All[2]];
        var frames = new Dictionary<string, List<byte[]>>();
        var times = variants.ToDictionary(variant => variant.Name, _ => new List<(double Cpu, double Wall)>());
        foreach (var variant in variants)
        {
            frames[variant.Name] = await client.WatchAsync("/api/v1/pods", variant, 250, cancellationToken);
        }

        for (var round = -WatchWarmUp; round < rounds; round++)
        {
            foreach (var variant in variants)
            {
                var time = WireDecoding.TimeWatch(frames[variant.Name], variant, 40);
                if (round >= 0)
                {
                    times[variant.Name].Add(time);
                }
            }
        }

        foreach (var (name, taken) in times)
        {
            Print(
                new
                {
                    watch = name,
                    events = frames[name].Count,
                    bytesPerEvent = (int)frames[name].Average(frame => frame.Length),
                    cpuMicroseconds = Median(taken.Select(t => t.Cpu)),
                    wallMicroseconds = Median(taken.Select(t => t.Wall)),
                    wallMin = Math.Round(taken.Min(t => t.Wall), 2),
                    wallMax = Math.Round(taken.Max(t => t.Wall), 2),
                }
            );
        }
    }

    private static double Median(IEnumerable<double> values) => Math.Round(values.Order().ElementAt(values.Count() / 2), 2);
}
