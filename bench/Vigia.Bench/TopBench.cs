using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator;

namespace Vigia.Bench;

/// <summary>
/// <c>top</c>: <c>vigia top</c> in a real terminal (tmux), typed into while objects change: first rows, all rows, from
/// a key to the screen, from a key of a search to its rows, CPU and memory of its process. On a simulated cluster in
/// this process, or on a real one (<c>pods
/// --rate</c> changes its pods meanwhile).
/// </summary>
internal static class TopBench
{
    private const string Socket = "vigia-bench";

    // What is typed, over and over: moving about, a page of it, a search key by key, back.
    private static readonly string[] Keys =
    [
        "j",
        "j",
        "j",
        "k",
        "NPage",
        "NPage",
        "G",
        "g",
        "/",
        "s",
        "e",
        "r",
        "v",
        "i",
        "c",
        "e",
        "-",
        "1",
        "Space",
        "!",
        "t",
        "e",
        "a",
        "m",
        "-",
        "3",
        "Escape",
        "Escape",
        "S",
        "N",
        "/",
        "-",
        "f",
        "Space",
        "s",
        "r",
        "v",
        "1",
        "Escape",
        "Escape",
        "P",
    ];

    public static Command Create()
    {
        var pods = new Option<int>("--pods") { Description = "Simulated pods.", DefaultValueFactory = _ => 50_000 };
        var rate = new Option<int>("--rate") { Description = "Simulated changes per second.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<int>("--seconds")
        {
            Description = "How long keys are typed, once everything is there.",
            DefaultValueFactory = _ => 30,
        };
        var perSecond = new Option<int>("--keys") { Description = "Keys per second.", DefaultValueFactory = _ => 8 };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "A real cluster's; none for a simulated one." };
        var context = new Option<string?>("--context") { Description = "Its context." };
        var command = new Command("top", "The terminal UI under load, in a tmux terminal of 150×40.")
        {
            pods,
            rate,
            seconds,
            perSecond,
            kubeconfig,
            context,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var folder = Directory.CreateTempSubdirectory("vigia-bench-top-");
                try
                {
                    var file = parsed.GetValue(kubeconfig);
                    await using var server = file is null
                        ? await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true, Seed = 1 }, cancellationToken)
                        : null;
                    await using var cluster = server is null
                        ? null
                        : new SimulatedCluster(
                            server.Store,
                            new SimulatedClusterOptions
                            {
                                Pods = parsed.GetValue(pods),
                                Rate = parsed.GetValue(rate),
                                Nodes = Math.Max(parsed.GetValue(pods) / 100, 12),
                                Seed = 1,
                            }
                        );
                    if (cluster is not null)
                    {
                        cluster.Seed();
                        cluster.Start();
                        file = Path.Combine(folder.FullName, "kubeconfig");
                        await server!.WriteKubeconfigAsync(file, cancellationToken: cancellationToken);
                    }

                    Console.WriteLine(
                        (
                            await RunAsync(
                                folder.FullName,
                                file!,
                                parsed.GetValue(context),
                                parsed.GetValue(seconds),
                                parsed.GetValue(perSecond),
                                cancellationToken
                            )
                        ).ToJsonString()
                    );
                    return 0;
                }
                finally
                {
                    folder.Delete(recursive: true);
                }
            }
        );
        return command;
    }

    private static async Task<JsonObject> RunAsync(
        string folder,
        string kubeconfig,
        string? context,
        int seconds,
        int perSecond,
        CancellationToken cancellationToken
    )
    {
        var figures = Path.Combine(folder, "figures");
        var program = Path.Combine(AppContext.BaseDirectory, "vigia.dll");
        var more = context is null ? "" : $" --context '{context}'";
        await TmuxAsync(
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "150",
            "-y",
            "40",
            $"XDG_CONFIG_HOME='{folder}' exec dotnet '{program}' top --kubeconfig '{kubeconfig}'{more} --measurements '{figures}'"
        );
        try
        {
            await UntilAsync(
                screen => screen.Contains("● live", StringComparison.Ordinal) && !screen.Contains("Loading", StringComparison.Ordinal),
                TimeSpan.FromMinutes(3),
                cancellationToken
            );
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
            var process = (await TmuxAsync("display-message", "-p", "#{pane_pid}")).Trim();
            var (cpu, from) = (Cpu(process), Stopwatch.GetTimestamp());
            using (var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond)))
            {
                for (var i = 0; i < seconds * perSecond && await timer.WaitForNextTickAsync(cancellationToken); i++)
                {
                    await TmuxAsync("send-keys", Keys[i % Keys.Length]);
                }
            }

            var cores = (Cpu(process) - cpu) / Stopwatch.GetElapsedTime(from).TotalSeconds;
            var memory = File.ReadLines($"/proc/{process}/status")
                .Where(line => line.StartsWith("VmRSS", StringComparison.Ordinal) || line.StartsWith("VmHWM", StringComparison.Ordinal))
                .ToDictionary(
                    line => line[..5],
                    line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024
                );

            // A prompt that is still open takes the first two.
            await TmuxAsync("send-keys", "Escape", "Escape");
            await TmuxAsync("send-keys", "C-c");
            for (var i = 0; !(File.Exists(figures) && new FileInfo(figures).Length > 0) && i < 300; i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }

            var result = JsonNode.Parse(await File.ReadAllTextAsync(figures, cancellationToken))!.AsObject();
            result["steadyCores"] = Math.Round(cores, 3);
            result["steadyMb"] = memory["VmRSS"];
            result["peakMb"] = memory["VmHWM"];
            return result;
        }
        finally
        {
            await TmuxAsync("kill-server");
        }
    }

    /// <summary>Seconds of CPU that a process has used.</summary>
    private static double Cpu(string process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat")[(File.ReadAllText($"/proc/{process}/stat").LastIndexOf(')') + 2)..]
            .Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }

    private static async Task UntilAsync(Func<string, bool> condition, TimeSpan within, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        string screen;
        while (!condition(screen = await TmuxAsync("capture-pane", "-p")))
        {
            if (Stopwatch.GetElapsedTime(start) > within)
            {
                throw new TimeoutException($"the terminal is not ready within {within.TotalSeconds:0} s:\n{screen}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<string> TmuxAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["-L", Socket, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
