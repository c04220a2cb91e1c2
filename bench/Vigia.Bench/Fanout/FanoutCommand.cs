using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Vigia.Bench.Fanout;

/// <summary>
/// <c>fanout</c>: subscribers in this process, the server in another; deliveries a second and their latencies.
/// </summary>
internal static class FanoutCommand
{
    public static Command Create()
    {
        var subscribers = new Option<int>("--subscribers") { Description = "SSE subscribers.", DefaultValueFactory = _ => 1000 };
        var rate = new Option<int>("--rate") { Description = "Messages a second.", DefaultValueFactory = _ => 200 };
        var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var stalled = new Option<int>("--stalled") { Description = "Subscribers that never read.", DefaultValueFactory = _ => 0 };
        var nchan = new Option<string?>("--nchan")
        {
            Description = "An nginx with nchan instead of a gateway: its address; /pub publishes and /sub subscribes.",
        };
        var pid = new Option<int>("--server-pid")
        {
            Description = "With --nchan: the worker's process, for its CPU and memory.",
            DefaultValueFactory = _ => 0,
        };
        var simulator = new Option<bool>("--simulator") { Description = "The gateway watches the simulator over HTTP." };
        var bytes = new Option<int>("--bytes")
        {
            Description = "Padding (vigia) or size (nchan) of a message.",
            DefaultValueFactory = _ => 50,
        };
        var path = new Option<string>("--path") { Description = "What is subscribed to.", DefaultValueFactory = _ => "" };
        var command = new Command("fanout", "Deliveries to many SSE subscribers: rate, latencies, memory.")
        {
            subscribers,
            rate,
            seconds,
            stalled,
            nchan,
            pid,
            simulator,
            bytes,
            path,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (count, perSecond, time) = (parsed.GetValue(subscribers), parsed.GetValue(rate), parsed.GetValue(seconds));
                var url = parsed.GetValue(nchan) is { } address ? new Uri(address) : null;
                using var server = url is null ? Start(parsed.GetValue(bytes), parsed.GetValue(simulator)) : null;
                var at = url ?? new Uri((await server!.StandardOutput.ReadLineAsync(cancellationToken))!);
                var subscribe =
                    parsed.GetValue(path) is { Length: > 0 } given ? given
                    : url is not null ? "/sub"
                    : parsed.GetValue(simulator) ? "/api/v1/pods/stream?shape=full"
                    : "/api/v1/configmaps/stream?shape=full";

                // The base is a server that has served before: its code is compiled and loaded, which no subscriber
                // costs again.
                using (var first = new Subscribers(new Uri(at, subscribe), 100))
                {
                    await first.ConnectAsync(0, cancellationToken);
                    first.Start();
                    await PublishAsync(server, at, 100, 20, parsed.GetValue(bytes), cancellationToken);
                }

                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
                var before = await StatAsync(server, parsed.GetValue(pid), "gc");
                using var clients = new Subscribers(new Uri(at, subscribe), count, parsed.GetValue(simulator) ? "\"t\":\"" : "\"t\":");
                var connecting = Stopwatch.StartNew();
                await clients.ConnectAsync(parsed.GetValue(stalled), cancellationToken);
                clients.Start();
                var connected = connecting.Elapsed;
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, cancellationToken);
                var idle = await StatAsync(server, parsed.GetValue(pid), "gc");

                // 1. Warm, then measure.
                await PublishAsync(server, at, perSecond, perSecond, parsed.GetValue(bytes), cancellationToken);
                await SettleAsync(clients, cancellationToken);
                clients.Take();
                var (startCpu, startMessages) = (await StatAsync(server, parsed.GetValue(pid), "stat"), clients.Messages);
                var watch = Stopwatch.StartNew();
                await PublishAsync(server, at, perSecond, perSecond * time, parsed.GetValue(bytes), cancellationToken);
                var published = watch.Elapsed.TotalSeconds;
                await SettleAsync(clients, cancellationToken);
                var all = watch.Elapsed.TotalSeconds;
                var latencies = clients.Take();
                var messages = clients.Messages - startMessages;
                var end = await StatAsync(server, parsed.GetValue(pid), "stat");
                using var self = Process.GetCurrentProcess();
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            target = url is null
                                ? parsed.GetValue(simulator)
                                    ? "vigia+simulator"
                                    : "vigia"
                                : "nchan",
                            subscribers = count,
                            stalled = parsed.GetValue(stalled),
                            rate = perSecond,
                            expected = (long)(count - parsed.GetValue(stalled)) * perSecond * time,
                            received = messages,
                            deliveriesPerSecond = (int)(messages / Math.Max(published, all - 1.5)),
                            bytesPerDelivery = clients.Messages == 0 ? 0 : clients.Bytes / clients.Messages,
                            p50 = At(latencies, 0.5),
                            p99 = At(latencies, 0.99),
                            max = At(latencies, 1),
                            connectSeconds = Math.Round(connected.TotalSeconds, 2),
                            closed = clients.Closed,
                            idleMegabytes = Math.Round((idle[0] - before[0]) / 1e6, 1),
                            heapMegabytes = Math.Round((idle[1] - before[1]) / 1e6, 1),
                            endMegabytes = Math.Round((end[0] - before[0]) / 1e6, 1),
                            serverCpu = Math.Round((end[2] - startCpu[2]) / 1000 / all, 2),
                            microsPerDelivery = Math.Round((end[2] - startCpu[2]) * 1000 / Math.Max(1, messages), 1),
                            clientCpu = Math.Round(self.TotalProcessorTime.TotalSeconds / (connected.TotalSeconds + all + 3), 2),
                            caughtUp = end[3],
                        }
                    )
                );
                server?.StandardInput.Close();
                if (server is not null)
                {
                    await server.WaitForExitAsync(cancellationToken);
                }

                return 0;
            }
        );
        return command;
    }

    private static double At(long[] sorted, double part) =>
        sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))] / 1e6, 1);

    /// <summary>Until nothing came for 1.5 s.</summary>
    private static async Task SettleAsync(Subscribers clients, CancellationToken cancellationToken)
    {
        for (var (last, quiet) = (clients.Messages, 0); quiet < 30; )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            var now = clients.Messages;
            quiet = now == last ? quiet + 1 : 0;
            last = now;
        }
    }

    private static Process Start(int bytes, bool simulator) =>
        Itself.Start([
            "fanout-serve",
            "--bytes",
            bytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
            .. simulator ? ["--simulator"] : Array.Empty<string>(),
        ]);

    private static async Task<double[]> StatAsync(Process? server, int other, string command)
    {
        if (server is null)
        {
            using var process = other > 0 ? Process.GetProcessById(other) : null;
            return process is null ? [0, 0, 0, 0] : [process.WorkingSet64, 0, process.TotalProcessorTime.TotalMilliseconds, 0];
        }

        await server.StandardInput.WriteLineAsync(command);
        var line = await server.StandardOutput.ReadLineAsync();
        return [.. line!.Split(' ').Skip(1).Select(word => double.Parse(word, System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static async Task PublishAsync(Process? server, Uri at, int rate, int count, int bytes, CancellationToken cancellationToken)
    {
        if (server is not null)
        {
            await server.StandardInput.WriteLineAsync($"publish {rate} {count}");
            await server.StandardOutput.ReadLineAsync(cancellationToken);
            return;
        }

        // One connection, requests one behind the other without waiting for the answers, as nchan takes them.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(at.Host, at.Port, cancellationToken);
        var answers = Task.Run(
            async () =>
            {
                var buffer = new byte[65536];
                try
                {
                    while (await socket.ReceiveAsync(buffer, cancellationToken) > 0) { }
                }
                catch (SocketException reset)
                {
                    Console.Error.WriteLine($"the publisher's connection was closed: {reset.Message}");
                }
            },
            cancellationToken
        );
        await FanoutServer.PaceAsync(
            rate,
            count,
            () =>
            {
                var body = $"{{\"t\":{Subscribers.Now},\"p\":\"";
                body += new string('x', Math.Max(0, bytes - body.Length - 2)) + "\"}";
                socket.Send(
                    Encoding.ASCII.GetBytes(
                        $"POST /pub HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n{body}"
                    )
                );
            }
        );
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken);
        socket.Shutdown(SocketShutdown.Both);
        await answers;
    }
}
