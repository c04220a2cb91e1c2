using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Vigia.Bench.Fanout;

/// <summary>
/// <c>fanout-compare</c>: everything docs/performance.md tells of fan-out, in one run, as tables. Both servers in turn,
/// round after round, and the medians: what else the machine does then meets both alike.
/// </summary>
internal static class FanoutComparison
{
    private static readonly (int Subscribers, int Rate)[] Loads = [(200, 1000), (1000, 200), (5000, 4), (5000, 16)];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<int>("--seconds") { Description = "How long a measurement publishes.", DefaultValueFactory = _ => 6 };
        var command = new Command(
            "fanout-compare",
            "The gateway beside nchan, idle memory, stalled readers and a storm of reconnects, as tables."
        )
        {
            rounds,
            seconds,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (times, time) = (parsed.GetValue(rounds), parsed.GetValue(seconds).ToString(CultureInfo.InvariantCulture));
                using var nchan = await Nginx.StartAsync(cancellationToken);
                Console.WriteLine(
                    nchan is null
                        ? "nchan is not installed (apt-get install nginx libnginx-mod-nchan): Vigia alone\n"
                        : $"{times} rounds in turn; medians (worst p99)\n"
                );
                Console.WriteLine(
                    "| subscribers, messages/s | Vigia: deliveries/s, p50, p99, CPU a delivery | nchan: the same | ratio of deliveries, "
                        + "p99, CPU |"
                );
                Console.WriteLine("|---|---|---|---|");
                JsonObject? idle = null;
                foreach (var (subscribers, rate) in Loads)
                {
                    string[] load = ["fanout", "--subscribers", Text(subscribers), "--rate", Text(rate), "--seconds", time];
                    var (ours, theirs) = (new List<JsonObject>(), new List<JsonObject>());
                    for (var round = 0; round < times; round++)
                    {
                        ours.Add(await RunAsync(load, cancellationToken));
                        if (nchan is not null)
                        {
                            theirs.Add(
                                await RunAsync(
                                    [.. load, "--nchan", nchan.Url.ToString(), "--bytes", "512", "--server-pid", Text(nchan.Pid)],
                                    cancellationToken
                                )
                            );
                        }
                    }

                    idle = subscribers == 5000 ? ours.OrderBy(run => (double)run["idleMegabytes"]!).ElementAt(ours.Count / 2) : idle;
                    var ratios =
                        theirs.Count > 0
                            ? $"{Ratio(ours, theirs, "deliveriesPerSecond")}, {Ratio(ours, theirs, "p99")}, "
                                + Ratio(ours, theirs, "microsPerDelivery")
                            : "";
                    Console.WriteLine(
                        $"| {subscribers:N0}, {rate:N0} | {Cell(ours)} | {(theirs.Count > 0 ? Cell(theirs) : "")} | {ratios} |"
                    );
                }

                Console.WriteLine(
                    $"\nidle: 5,000 subscribers take {idle!["idleMegabytes"]} MB over the base, {idle["heapMegabytes"]} MB of it heap"
                );

                // Readers that stall, beside none.
                foreach (var stalled in new[] { 0, 10 })
                {
                    var runs = new List<JsonObject>();
                    for (var round = 0; round < times; round++)
                    {
                        runs.Add(
                            await RunAsync(
                                ["fanout", "--subscribers", "1000", "--rate", "200", "--stalled", Text(stalled), "--seconds", time],
                                cancellationToken
                            )
                        );
                    }

                    Console.WriteLine(
                        $"1,000 at 200/s, {stalled} of them stalled: {Cell(runs)}, {Median(runs, "endMegabytes")} MB over the base at the "
                            + $"end"
                    );
                }

                Console.WriteLine($"\nstorm: {(await RunAsync(["storm"], cancellationToken)).ToJsonString()}");
                return 0;
            }
        );
        return command;
    }

    private static async Task<JsonObject> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Itself.Start(arguments);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return JsonNode.Parse(output.Trim().Split('\n')[^1])!.AsObject();
    }

    private static string Cell(List<JsonObject> runs)
    {
        var arrived = runs.Sum(run => (long)run["received"]!) / (double)runs.Sum(run => (long)run["expected"]!);
        return $"{Median(runs, "deliveriesPerSecond") / 1000:0}k{(arrived < 0.999 ? $" ({arrived:P0} arrived)" : "")}, "
            + $"{Median(runs, "p50"):0} ms, {Median(runs, "p99"):0} ms ({runs.Max(run => (double)run["p99"]!):0}), "
            + $"{Median(runs, "microsPerDelivery"):0.0} µs";
    }

    private static string Ratio(List<JsonObject> ours, List<JsonObject> theirs, string member)
    {
        // Of the same minute each, then the middle one.
        var ratios = ours.Zip(theirs, (a, b) => (double)a[member]! / Math.Max(1e-9, (double)b[member]!)).Order().ToArray();
        return ratios[ratios.Length / 2].ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static double Median(List<JsonObject> runs, string member) =>
        runs.Select(run => (double)run[member]!).Order().ElementAt(runs.Count / 2);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
