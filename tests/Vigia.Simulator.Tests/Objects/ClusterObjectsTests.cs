using System.Diagnostics;
using System.Text.Json.Serialization;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Objects;

/// <summary>The simulator as somebody's own operator test uses it.</summary>
public sealed partial class ClusterObjectsTests
{
    private const string Widget = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: widgets.example.com
        spec:
          group: example.com
          names: { kind: Widget, plural: widgets, singular: widget, shortNames: [wd] }
          scope: Namespaced
          versions:
          - name: v1
            served: true
            storage: true
            subresources: { status: {} }
            schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
        ---
        apiVersion: example.com/v1
        kind: Widget
        metadata: { name: one }
        spec: { size: 3 }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_warm_in_milliseconds()
    {
        await (await VigiaSimulator.StartAsync(cancellationToken: Token)).DisposeAsync();
        var times = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            var clock = Stopwatch.StartNew();
            await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
            times.Add(clock.Elapsed.TotalMilliseconds);
            clock.Restart();
            using var list = await simulator.Client.SendAsync(HttpMethod.Get, "/api/v1/pods", ct: Token);
            times[^1] += clock.Elapsed.TotalMilliseconds;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"started and answered, ms: "
                + $"{string.Join(" ", times.Select(t => t.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)))}"
        );
        Assert.All(times, t => Assert.True(t < 1000, $"{t} ms"));
    }

    [Fact]
    public async Task Yaml_and_json_are_created_applied_updated_patched_and_deleted()
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
        var objects = simulator.Objects;

        var widget = await objects.CreateAsync(Widget, Token);
        Assert.Equal("default", (string?)widget["metadata"]!["namespace"]);
        Assert.Equal("test", (string?)widget["metadata"]!["managedFields"]![0]!["manager"]);
        await objects.ApplyAsync("""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"one"},"spec":{"size":4}}""", Token);
        Assert.Equal(4, (int)objects.Get("wd", "one")!["spec"]!["size"]!);
        await objects.PatchAsync("widgets.example.com", "default/one", "status: { ready: true }", "status", Token);
        await objects.PatchAsync("Widget", "one", "spec: { size: 9 }\nstatus: { ready: false }", cancellationToken: Token);
        var now = objects.Get("widget", "one")!;
        Assert.Equal((9, true), ((int)now["spec"]!["size"]!, (bool)now["status"]!["ready"]!));
        now["spec"]!["size"] = 11;
        await objects.UpdateAsync(now.ToJsonString(), Token);
        now["spec"]!["size"] = 12;
        Assert.Equal(409, (await Assert.ThrowsAsync<StatusException>(() => objects.UpdateAsync(now.ToJsonString(), Token))).Code);
        Assert.Equal(11, (int)Assert.Single(objects.List("widgets"))["spec"]!["size"]!);
        Assert.True(await objects.DeleteAsync("widgets", "one", Token));
        Assert.False(await objects.DeleteAsync("widgets", "one", Token));
        Assert.Null(objects.Get("widgets", "one"));
    }

    [Fact]
    public async Task Helpers_are_validated_as_any_client_and_struck_by_no_fault()
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
        simulator.Faults.Add(new Fault { Kind = FaultKind.Error, Code = 503 });
        simulator.Access.Anonymous = [];

        await simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }", Token);
        var invalid = await Assert.ThrowsAsync<StatusException>(() =>
            simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: A_b }", Token)
        );
        Assert.Equal(422, invalid.Code);
        var unknown = await Assert.ThrowsAsync<StatusException>(() =>
            simulator.Objects.CreateAsync("apiVersion: example.com/v1\nkind: Gadget\nmetadata: { name: a }", Token)
        );
        Assert.Contains("CustomResourceDefinition", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(
            404,
            (
                await Assert.ThrowsAsync<StatusException>(() =>
                    simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: nowhere }", Token)
                )
            ).Code
        );
    }

    [Fact]
    public async Task A_wait_sees_a_state_that_lasts_a_moment_only()
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);
        var objects = simulator.Objects;
        var wait = objects.WaitForAsync("configmaps", "a", a => (string?)a["data"]?["v"] == "2", cancellationToken: Token);

        await objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { v: '1' }", Token);
        await objects.PatchAsync("cm", "a", "data: { v: '2' }", cancellationToken: Token);
        await objects.PatchAsync("cm", "a", "data: { v: '3' }", cancellationToken: Token);
        await objects.DeleteAsync("cm", "a", Token);

        Assert.Equal("2", (string?)(await wait)["data"]!["v"]);
        await objects.WaitForGoneAsync("cm", "a", cancellationToken: Token);
    }

    [Fact]
    public async Task A_wait_in_vain_tells_the_last_state_by_the_simulators_clock()
    {
        var time = new ManualTimeProvider();
        await using var simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Time = time }, Token);
        await simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { v: '1' }", Token);
        var wait = simulator.Objects.WaitForAsync("cm", "a", a => (string?)a["data"]?["v"] == "2", TimeSpan.FromMinutes(5), Token);
        var none = simulator.Objects.WaitForAsync("cm", "b", within: TimeSpan.FromMinutes(5), cancellationToken: Token);

        time.Advance(TimeSpan.FromMinutes(5));

        Assert.Contains("\"v\":\"1\"", (await Assert.ThrowsAsync<TimeoutException>(() => wait)).Message, StringComparison.Ordinal);
        Assert.Contains("it does not exist", (await Assert.ThrowsAsync<TimeoutException>(() => none)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Typed_objects_go_in_and_out_by_their_json_type()
    {
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: Token);

        var made = await simulator.Objects.CreateAsync(
            new Map("v1", "ConfigMap", new() { ["name"] = "a" }, new() { ["v"] = "1" }),
            MapJson.Default.Map,
            Token
        );

        Assert.Equal("1", made.Data["v"]);
        Assert.Equal("1", simulator.Objects.Get("cm", "a", MapJson.Default.Map)!.Data["v"]);
        Assert.Null(simulator.Objects.Get("cm", "b", MapJson.Default.Map));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_a_kubeconfig_and_a_user_with_fewer_rights_are_at_hand(bool tls)
    {
        string path;
        await using (var simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = tls }, Token))
        {
            path = simulator.KubeconfigPath;
            await simulator.Client.GetBytesAsync("/api/v1/pods", ct: Token);
            await using var fromFile = new KubernetesClient(KubeconfigLoader.Load(path));
            await fromFile.GetBytesAsync("/api/v1/pods", ct: Token);
            await using var limited = new KubernetesClient(simulator.Configuration("limited"));
            var refused = await Assert.ThrowsAsync<KubernetesApiException>(() => limited.GetBytesAsync("/api/v1/secrets", ct: Token));
            Assert.True(refused.IsForbidden);
            Assert.Throws<ArgumentException>(() => simulator.Configuration("nobody"));
        }

        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_truncated_event_reaches_a_client_over_tls_as_well(bool tls)
    {
        await using var simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = tls }, Token);
        using var response = await simulator.Client.SendAsync(
            HttpMethod.Get,
            "/api/v1/configmaps?watch=true&resourceVersion=" + simulator.Store.Revision,
            timeout: Timeout.InfiniteTimeSpan,
            ct: Token
        );
        Assert.Equal(tls ? 2 : 1, response.Version.Major);
        simulator.Faults.Add(new Fault { Kind = FaultKind.Truncate, After = 1 });
        await simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }", Token);
        using var watch = new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(Token)));
        Assert.Equal("ADDED a", await watch.TextAsync());
        await simulator.Objects.CreateAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }", Token);
        var (rest, broke) = await watch.RestAsync();

        Assert.True(broke);
        if (rest.Length > 0 || !tls) // .NET's HTTP/2 forgets what it has read when the connection ends, so that the half may not be seen
        {
            Assert.StartsWith("{\"type\":\"ADDED\",\"object\":{\"kind\":\"ConfigMap\"", rest, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task With_a_node_a_deployment_becomes_pods_that_run()
    {
        await using var simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Nodes = 1 }, Token);
        var clock = Stopwatch.StartNew();
        await simulator.Objects.ApplyAsync(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web }
            spec:
              replicas: 2
              selector: { matchLabels: { app: web } }
              template:
                metadata: { labels: { app: web } }
                spec: { containers: [{ name: web, image: 'nginx:1.25' }] }
            """,
            Token
        );

        await simulator.Objects.WaitForAsync(
            "deploy",
            "web",
            d => (int?)d["status"]?["readyReplicas"] == 2,
            TimeSpan.FromSeconds(60),
            Token
        );

        TestContext.Current.TestOutputHelper?.WriteLine($"ready after {clock.ElapsedMilliseconds} ms");
        Assert.Equal(["Running", "Running"], simulator.Objects.List("pods", "default").Select(p => (string?)p["status"]!["phase"]));
    }

    internal sealed record Map(string ApiVersion, string Kind, Dictionary<string, object> Metadata, Dictionary<string, string> Data);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Map))]
    [JsonSerializable(typeof(string))]
    internal sealed partial class MapJson : JsonSerializerContext;
}
