using System.Diagnostics;
using Vigia.Gateway.Streams;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Judges;

/// <summary>Clients that others wrote: the EventSource and WebSocket of Node (undici's, as browsers have them).</summary>
public sealed class NodeTests
{
    private const string EventSourceScript = """
        setInterval(() => {}, 1000); // a page stays open while its EventSource waits
        const source = new EventSource(process.argv[1]);
        for (const name of ['reset', 'added', 'updated', 'deleted', 'synced'])
          source.addEventListener(name, e => console.log(name + ' ' + (JSON.parse(e.data).name ?? '') + ' ' + (e.lastEventId.length > 0)));
        source.onopen = () => console.log('open');
        source.onerror = () => console.log('error ' + source.readyState);
        """;

    private const string WebSocketScript = """
        const socket = new WebSocket(process.argv[1]);
        socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', id: 'n', resources: ['pods'] }));
        socket.onmessage = e => { const m = JSON.parse(e.data); console.log(m.type + ' ' + (m.name ?? '')); };
        socket.onclose = e => { console.log('close ' + e.code); process.exit(0); };
        """;

    [Fact]
    public async Task An_EventSource_that_is_cut_off_comes_back_by_itself_and_misses_nothing()
    {
        Assert.SkipUnless(await Node.HasAsync("--experimental-eventsource"), "node with EventSource is not installed");
        await using var rig = await GatewayRig.StartAsync();
        rig.Put("a");

        // Each connection lives for a second or so: the client is cut off again and again.
        var gateway = await rig.GatewayAsync(streams: new StreamOptions { Lifetime = TimeSpan.FromSeconds(1), Retry = TimeSpan.FromMilliseconds(50) });
        using var node = Node.Start("--experimental-eventsource", EventSourceScript, new Uri(gateway.Url, "api/v1/pods/stream").ToString());
        await Eventually.TrueAsync(() => node.Has("synced  true"), "what node saw");
        for (var i = 0; i < 30; i++)
        {
            rig.Put($"p{i}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        try
        {
            await Eventually.TrueAsync(() => node.Has("added p29 true"), "the last one");
        }
        catch (TimeoutException)
        {
            Assert.Fail(node.Text);
        }

        Assert.True(node.Count("open") > 1, node.Text);
        Assert.Equal(1, node.Count("reset"));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(1, node.Count($"added p{i} "));
        }
    }

    [Fact]
    public async Task A_browser_s_WebSocket_subscribes_and_is_told_when_the_gateway_stops()
    {
        Assert.SkipUnless(await Node.HasAsync("--experimental-websocket"), "node with WebSocket is not installed");
        await using var rig = await GatewayRig.StartAsync();
        rig.Put("a");
        var gateway = await rig.GatewayAsync();
        using var node = Node.Start("--experimental-websocket", WebSocketScript, new UriBuilder(new Uri(gateway.Url, "api/v1/ws")) { Scheme = "ws" }.Uri.ToString());
        await Eventually.TrueAsync(() => node.Has("synced "), "what node saw");
        rig.Put("b");
        await Eventually.TrueAsync(() => node.Has("added b"), "what node saw");
        await gateway.DisposeAsync();
        await Eventually.TrueAsync(() => node.Has("close 1001"), "what node saw");
    }

    private sealed class Node : IDisposable
    {
        private readonly Process _process;
        private readonly List<string> _lines = [];

        private Node(Process process)
        {
            _process = process;
            process.OutputDataReceived += (_, line) =>
            {
                lock (_lines)
                {
                    _lines.Add(line.Data ?? "");
                }
            };
            process.BeginOutputReadLine();
        }

        public string Text
        {
            get
            {
                lock (_lines)
                {
                    return string.Join('\n', _lines);
                }
            }
        }

        public static async Task<bool> HasAsync(string flag)
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "node"))))
            {
                return false;
            }

            using var probe = Process.Start(new ProcessStartInfo("node", [flag, "-e", "0"]) { RedirectStandardError = true })!;
            await probe.WaitForExitAsync(TestContext.Current.CancellationToken);
            return probe.ExitCode == 0;
        }

        public static Node Start(string flag, string script, string url) => new(Process.Start(new ProcessStartInfo("node", ["--no-warnings", flag, "-e", script, url]) { RedirectStandardOutput = true })!);

        public bool Has(string line) => Count(line) > 0;

        public int Count(string line)
        {
            lock (_lines)
            {
                return _lines.Count(seen => seen.StartsWith(line, StringComparison.Ordinal));
            }
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
        }
    }
}
