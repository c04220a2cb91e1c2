using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>
/// Client libraries that others wrote, on the gateway's Kubernetes API, with nginx in front and without, over a restart
/// of the gateway: what they hold in the end is what the server has.
/// </summary>
public sealed class ClientLibraryTests
{
    [Theory]
    [InlineData("path")]
    [InlineData("address")]
    [InlineData("default")]
    [InlineData("gzip")]
    [InlineData("documented")]
    public async Task The_Python_client_holds_what_the_server_has(string way)
    {
        const string Python = "/usr/bin/python3";
        Installed.Require(
            "python3-kubernetes",
            File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/kubernetes") ? Python : null,
            "python3-kubernetes is not installed (Debian's package of that name)"
        );
        await HoldsAsync(way, server => LineProcess.Start(Python, Path.Combine(OpenApi.Validators.Folder, "pods.py"), server));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("address")]
    [InlineData("default")]
    [InlineData("gzip")]
    [InlineData("documented")]
    public Task The_JavaScript_client_holds_what_the_server_has(string way) =>
        HoldsAsync(way, server => OpenApi.Validators.Start("pods.mjs", server));

    [Theory]
    [InlineData("path")]
    [InlineData("address")]
    [InlineData("default")]
    [InlineData("documented")]
    public Task The_CSharp_client_holds_what_the_server_has(string way)
    {
        // Built beside this project, under the same configuration.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.Combine(
            configuration.Parent!.Parent!.FullName,
            "Vigia.OfficialClient",
            configuration.Name,
            "vigia-official-client"
        );
        return HoldsAsync(way, server => LineProcess.Start(program, server));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("address")]
    [InlineData("default")]
    [InlineData("gzip")]
    [InlineData("documented")]
    public async Task The_informer_of_client_go_holds_what_the_server_has(string way)
    {
        // Built out of Debian's packages: Go itself and half a gigabyte of sources, which is not asked of every
        // machine, nor of CI.
        var program = Path.Combine(OpenApi.Validators.Root, "artifacts", "client-go", "pods");
        Assert.SkipUnless(File.Exists(program), "the client-go program is not built: tests/external-validators/client-go/build");
        await HoldsAsync(way, server => LineProcess.Start(program, server));
    }

    [Theory]
    [InlineData("path")]
    [InlineData("address")]
    [InlineData("default")]
    [InlineData("documented")]
    public async Task Client_go_in_kubectl_shows_what_the_server_has_and_every_change(string way)
    {
        var kubectl = Installed.Require(
            "kubectl",
            LineProcess.Find("kubectl"),
            "kubectl is not installed (Debian's package kubernetes-client)"
        );
        await using var world = await World.StartAsync(way);
        string[] common =
        [
            "--server",
            world.Server,
            "--kubeconfig",
            "/dev/null",
            "--cache-dir",
            Path.Combine(AppContext.BaseDirectory, $"kubectl-{new Uri(world.Server).Port}"),
        ];
        const string Columns = "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}@{.metadata.resourceVersion}{\"\\n\"}{end}";
        await using (
            var watch = LineProcess.Start(kubectl, [.. common, "get", "pods", "-A", "-w", "--output-watch-events", "--no-headers"])
        )
        {
            await watch.UntilAsync(lines => lines.Count(line => line.StartsWith("ADDED", StringComparison.Ordinal)) == 2, "what exists");
            world.Fixture.Put("c", ns: "kube-system");
            world.Fixture.Delete("a");
            await watch.UntilAsync(
                lines =>
                    lines.Any(line => line.StartsWith("ADDED", StringComparison.Ordinal) && line.Contains(" c ", StringComparison.Ordinal))
                    && lines.Any(line =>
                        line.StartsWith("DELETED", StringComparison.Ordinal) && line.Contains(" a ", StringComparison.Ordinal)
                    ),
                "what changes"
            );
        }

        await world.RestartAsync();
        world.Fixture.Put("d");
        await Eventually.TrueAsync(
            async () =>
            {
                await using var get = LineProcess.Start(kubectl, [.. common, "get", "pods", "-A", "-o", Columns]);
                await get.EndAsync(TestContext.Current.CancellationToken);
                return World.Text(get.Lines.Where(line => line.Contains('@', StringComparison.Ordinal))) == world.Truth;
            },
            "kubectl shows what the server has",
            TimeSpan.FromSeconds(60)
        );
    }

    [Theory]
    [InlineData("documented", "open")]
    [InlineData("host and port", "open")]
    [InlineData("forwarded", "open")]
    [InlineData("without host", "refused 403")]
    [InlineData("host without port", "refused 403")]
    [InlineData("default", "refused 403")]
    public async Task A_page_behind_a_proxy_opens_a_WebSocket_where_the_proxy_says_which_host_was_asked_for(string way, string expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var nginx = await Nginx.StartAsync(gateway.Url);
        var url = nginx[way];
        await using var socket = OpenApi.Validators.Start(
            "ws.mjs",
            $"ws://{url.Authority}/api/v1/ws",
            url.GetLeftPart(UriPartial.Authority)
        );
        await socket.SaysAsync(expected);
        await using var stranger = OpenApi.Validators.Start(
            "ws.mjs",
            $"ws://{nginx["forwarded"].Authority}/api/v1/ws",
            "http://evil.example.com"
        );
        await stranger.SaysAsync("refused 403");
    }

    [Theory]
    [InlineData("documented")]
    [InlineData("forwarded")]
    public async Task A_watch_over_WebSocket_goes_through_a_proxy(string way)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var nginx = await Nginx.StartAsync(gateway.Url);
        var url = nginx[way];
        await using var socket = OpenApi.Validators.Start(
            "ws.mjs",
            $"ws://{url.Authority}/kubernetes/sim/api/v1/namespaces/default/pods?watch=1",
            url.GetLeftPart(UriPartial.Authority)
        );
        await socket.SaysAsync("message {\"type\":\"ADDED\"");
        fixture.Delete("a");
        await socket.SaysAsync("message {\"type\":\"DELETED\"");
    }

    private static async Task HoldsAsync(string way, Func<string, LineProcess> start)
    {
        await using var world = await World.StartAsync(way);
        await using var client = start(world.Server);
        await client.SaysAsync("version 1", TimeSpan.FromSeconds(60));
        await client.SaysAsync("got ");
        await world.RunAsync(
            () => client.Lines.LastOrDefault(line => line.StartsWith("held", StringComparison.Ordinal)) ?? "",
            () => string.Join('\n', client.Lines)
        );
    }

    /// <summary>
    /// A simulated cluster, a gateway at addresses that it keeps over a restart, and the way by which a client comes.
    /// </summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly string _way;
        private readonly Uri _listen;
        private readonly Uri _kubernetes;
        private KubernetesClient? _client;
        private GatewayServer? _gateway;
        private Nginx? _nginx;

        private World(GatewayFixture fixture, string way, int[] ports)
        {
            (Fixture, _way) = (fixture, way);
            (_listen, _kubernetes) = (new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://127.0.0.1:{ports[1]}"));
        }

        public GatewayFixture Fixture { get; }

        public string Server =>
            _way switch
            {
                "path" => new Uri(_listen, "kubernetes/sim").ToString(),
                "address" => _kubernetes.GetLeftPart(UriPartial.Authority),
                _ => new Uri(_nginx![_way], "kubernetes/sim").ToString(),
            };

        public string Truth =>
            Text(Fixture.Simulator.Store.List(GatewayFixture.Pods).Select(pod => $"{pod.Key.Namespace}/{pod.Key.Name}@{pod.Revision}"));

        public static string Text(IEnumerable<string> pods) => string.Join(' ', pods.Order(StringComparer.Ordinal).Prepend("held"));

        public static async Task<World> StartAsync(string way)
        {
            var fixture = await GatewayFixture.StartAsync(new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(200) });
            fixture.Put("a");
            fixture.Put("b", ns: "kube-system");
            var world = new World(fixture, way, Nginx.FreePorts(2));
            await world.StartGatewayAsync();
            if (way is not ("path" or "address"))
            {
                try
                {
                    world._nginx = await Nginx.StartAsync(world._listen);
                }
                catch
                {
                    await world.DisposeAsync();
                    throw;
                }
            }

            return world;
        }

        /// <summary>
        /// Changes before, while the gateway is away, and after; each time the client comes to hold what the server
        /// has.
        /// </summary>
        public async Task RunAsync(Func<string> held, Func<string>? said = null)
        {
            await HoldsAsync(held, said);
            Fixture.Put("c", ns: "kube-system");
            Fixture.Put("a", phase: "Succeeded");
            await HoldsAsync(held, said);
            await StopGatewayAsync();
            Fixture.Delete("b", "kube-system");
            Fixture.Put("d");
            await StartGatewayAsync();
            Fixture.Put("e", phase: "Pending");
            Fixture.Put("e");
            Fixture.Delete("a");
            await HoldsAsync(held, said);
            Fixture.Put("f");
            await HoldsAsync(held, said);
        }

        public async Task RestartAsync()
        {
            await StopGatewayAsync();
            await StartGatewayAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_nginx is not null)
            {
                await _nginx.DisposeAsync();
            }

            await StopGatewayAsync();
            await Fixture.DisposeAsync();
        }

        private async Task HoldsAsync(Func<string> held, Func<string>? said)
        {
            try
            {
                await Eventually.TrueAsync(() => held() == Truth, "the client holds what the server has", TimeSpan.FromSeconds(60));
            }
            catch (TimeoutException late)
            {
                throw new TimeoutException($"the client holds\n{held()}, the server has\n{Truth}\n{said?.Invoke()}", late);
            }
        }

        private async Task StartGatewayAsync()
        {
            _client = new KubernetesClient(
                new ClusterConfiguration
                {
                    Context = "sim",
                    Cluster = "sim",
                    Server = new Uri(Fixture.Simulator.Url),
                    Credentials = new StaticCredential(new Credential(null, null)),
                }
            );
            _gateway = await GatewayServer.StartAsync(
                new GatewayOptions
                {
                    Listen = _listen,
                    KubernetesListen = _kubernetes,
                    Clusters = [new KubernetesClusterSource(_client)],
                    Loggers = Fixture.Logs,
                },
                TestContext.Current.CancellationToken
            );
        }

        private async Task StopGatewayAsync()
        {
            if (_gateway is not null)
            {
                await _gateway.DisposeAsync();
                await _client!.DisposeAsync();
            }
        }
    }
}
