using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator;

namespace Vigia.Kubernetes.Tests.Exec;

/// <summary>
/// A simulated API server with pods whose containers are as a test wants them: no kubelet changes them.
/// </summary>
internal sealed class PodFixture : IAsyncDisposable
{
    public static readonly ObjectKey Pod = new("default", "web-0");

    // Times are told from the fixture's own start: a container's first run begins at the same second in every status
    // that names it.
    private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow();

    private PodFixture(VigiaSimulator simulator) => Simulator = simulator;

    public VigiaSimulator Simulator { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PodFixture> StartAsync(SimulatorOptions? options = null, string annotations = "{}")
    {
        var fixture = new PodFixture(await VigiaSimulator.StartAsync(options ?? new() { Tls = true }, Token));
        await fixture.AddAsync("web-0", annotations);
        return fixture;
    }

    /// <summary>Adds a running pod with two containers.</summary>
    public async Task AddAsync(string name, string annotations = "{}", string labels = "{app: web}")
    {
        await Simulator.Objects.CreateAsync(
            $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}, labels: {{labels}}, annotations: {{annotations}}}
            spec:
              nodeName: node-1
              containers:
              - {name: main, image: "shop:1", ports: [{containerPort: 8080}], env: [{name: COLOUR, value: blue}]}
              - {name: proxy, image: "proxy:1"}
            """,
            Token
        );
        await StateAsync(name, 0, Running(-60));
    }

    /// <summary>A time in the form of a pod's status, so many seconds after the fixture's start.</summary>
    private string Time(double seconds) => _start.AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The state of a container that started so many seconds after the fixture.</summary>
    public string Running(double seconds = 0) => $$$"""{"running":{"startedAt":"{{{Time(seconds)}}}"}}""";

    /// <summary>The state of a container that ended; seconds are after the fixture's start.</summary>
    public string Ended(int code, double from, double to) =>
        $$$"""{"terminated":{"exitCode":{{{code}}},"reason":"Error","startedAt":"{{{Time(from)}}}","finishedAt":"{{{Time(to)}}}"}}""";

    /// <summary>Sets how the main container fares.</summary>
    public async Task StateAsync(string name, int restarts, string state, string last = "{}", string phase = "Running")
    {
        JsonObject Status(string container, string now, int count, string before) =>
            new()
            {
                ["name"] = container,
                ["restartCount"] = count,
                ["ready"] = true,
                ["image"] = "shop:1",
                ["imageID"] = "",
                ["state"] = JsonNode.Parse(now),
                ["lastState"] = JsonNode.Parse(before),
            };
        var status = new JsonObject
        {
            ["phase"] = phase,
            ["containerStatuses"] = new JsonArray(Status("main", state, restarts, last), Status("proxy", Running(-60), 0, "{}")),
        };
        await Simulator.Objects.PatchAsync("pods", name, new JsonObject { ["status"] = status }.ToJsonString(), "status", Token);
    }

    public ValueTask DisposeAsync() => Simulator.DisposeAsync();
}
