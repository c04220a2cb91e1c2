using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Bench;

/// <summary>
/// <c>latency</c>: how long a change takes from the moment its last byte was written to a loopback socket until a
/// handler has it: kernel, HTTP, decoding, store, log, handler.
/// </summary>
internal static class LatencyBench
{
    public static Command Create()
    {
        var events = new Option<int>("--events") { Description = "Events.", DefaultValueFactory = _ => 3000 };
        var rate = new Option<int>("--rate") { Description = "Events a second.", DefaultValueFactory = _ => 200 };
        var pods = new Option<int>("--objects") { Description = "Pods held.", DefaultValueFactory = _ => 10_000 };
        var command = new Command("latency", "Time from socket to handler, one pod of 20 KB at a time.") { events, rate, pods };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var (count, held) = (parsed.GetValue(events), parsed.GetValue(pods));
                using var server = new OneWatchServer(BodyServer.ListBody(held));
                var serving = server.RunAsync(cancellationToken);
                await using var client = new KubernetesClient(
                    new ClusterConfiguration
                    {
                        Context = "bench",
                        Cluster = "bench",
                        Server = server.Address,
                        Credentials = StaticCredential.None,
                    }
                );
                await using var informer = new SharedInformer(
                    new ResourceListerWatcher(client, "bench", new GroupVersionResource("", "v1", "pods"))
                );
                var written = new long[count];
                var delays = new List<double>(count);
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var handler = informer.AddHandler(
                    new ResourceEventHandlerFuncs
                    {
                        OnUpdate = (_, o) =>
                        {
                            delays.Add(
                                Stopwatch.GetElapsedTime(Volatile.Read(ref written[o.ResourceVersion.Number - 1001])).TotalMicroseconds
                            );
                            if (delays.Count == count)
                            {
                                done.TrySetResult();
                            }
                        },
                    }
                );
                informer.Start();
                await handler.WhenSynced.WaitAsync(cancellationToken);
                var watch = await server.Watch.WaitAsync(cancellationToken);
                using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / parsed.GetValue(rate)));
                for (var i = 0; i < count && await timer.WaitForNextTickAsync(cancellationToken); i++)
                {
                    var line = Encoding.UTF8.GetBytes(
                        $$"""{"type":"MODIFIED","object":{{Samples.Pod(i % held, 1001 + (ulong)i).ToJsonString()}}}""" + "\n"
                    );
                    var chunk = (byte[])[.. Encoding.ASCII.GetBytes($"{line.Length:x}\r\n"), .. line, .. "\r\n"u8];
                    Volatile.Write(ref written[i], Stopwatch.GetTimestamp());
                    await watch.WriteAsync(chunk, cancellationToken);
                }

                await done.Task.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
                delays.Sort();
                Console.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            events = count,
                            medianMicroseconds = (int)delays[count / 2],
                            p90 = (int)delays[count * 9 / 10],
                            p99 = (int)delays[count * 99 / 100],
                            worst = (int)delays[^1],
                            catchUps = informer.Log.CatchUps,
                        }
                    )
                );
                await server.StopAsync();
                await serving;
                return 0;
            }
        );
        return command;
    }

    /// <summary>
    /// HTTP/1.1 with as little of a server as will do: any list is the body, a watch is handed to the writer of
    /// events.
    /// </summary>
    private sealed class OneWatchServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<NetworkStream> _watch = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _stop = new();
        private readonly byte[] _list;

        public OneWatchServer(byte[] list)
        {
            _list = list;
            _listener.Start();
        }

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public Task<NetworkStream> Watch => _watch.Task;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            var open = new List<Task>();
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(over.Token);
                    client.NoDelay = true;
                    open.Add(ServeAsync(client, over.Token));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(open);
            }
        }

        public Task StopAsync() => _stop.CancelAsync();

        public void Dispose()
        {
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync(TcpClient client, CancellationToken over)
        {
            using (client)
            {
                try
                {
                    var stream = client.GetStream();
                    using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                    while (await reader.ReadLineAsync(over) is { } request)
                    {
                        while (await reader.ReadLineAsync(over) is { Length: > 0 }) { }

                        if (request.Contains("watch=", StringComparison.Ordinal))
                        {
                            await stream.WriteAsync(
                                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(),
                                over
                            );
                            _watch.TrySetResult(stream);
                            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over);
                        }

                        await stream.WriteAsync(
                            Encoding.ASCII.GetBytes(
                                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {_list.Length}\r\n\r\n"
                            ),
                            over
                        );
                        await stream.WriteAsync(_list, over);
                    }
                }
                catch (Exception error) when (error is OperationCanceledException or IOException)
                {
                    // The measurement is over, or the client went.
                }
            }
        }
    }
}
