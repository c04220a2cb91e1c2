using System.Diagnostics;

namespace Vigia.Simulator.Tests;

/// <summary>
/// What kubectl does inside pods, and to nodes: logs, exec, attach, port-forward, drain. Skipped, with the reason, only
/// where there is no kubectl and no CI.
/// </summary>
public sealed class KubectlRemoteTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vigia-kubectl-").FullName;
    private VigiaSimulator _simulator = null!;

    public async ValueTask InitializeAsync()
    {
        if (!KubectlTests.Installed() && Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip("kubectl is not on the PATH");
        }

        _simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true, Nodes = 2 }, Fixture.Token);
        await _simulator.WriteKubeconfigAsync(Path.Combine(_directory, "config"), "admin", Fixture.Token);
        await _simulator.Objects.CreateAsync(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "shop:1", ports: [{containerPort: 8080}], env: [{name: COLOUR, value: blue}]}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: talker, annotations: {simulator.vigia.dev/log-interval-ms: "50"}}
            spec: {containers: [{name: main, image: "shop:1", ports: [{containerPort: 8080}]}, {name: side, image: "proxy:1"}]}
            """,
            Fixture.Token
        );
        await _simulator.Objects.WaitForAsync(
            "pods",
            "talker",
            pod => (string?)pod["status"]?["phase"] == "Running",
            TimeSpan.FromSeconds(30),
            Fixture.Token
        );
        await _simulator.Objects.WaitForAsync(
            "deployments",
            "web",
            d => (int?)d["status"]?["readyReplicas"] == 2,
            TimeSpan.FromSeconds(30),
            Fixture.Token
        );
    }

    [Fact]
    public async Task Logs_come_whole_by_tail_with_timestamps_and_followed()
    {
        Assert.Contains(
            "starting main of default/talker",
            (await RunAsync("logs", "talker", "-c", "main")).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            3,
            (await RunAsync("logs", "talker", "-c", "main", "--tail=3")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length
        );
        Assert.Matches(
            @"^20\d\d-\d\d-\d\dT[\d:]{8}\.\d{9}Z ",
            (await RunAsync("logs", "talker", "-c", "main", "--timestamps", "--tail=1")).Output
        );
        Assert.Equal(10, (await RunAsync("logs", "talker", "-c", "main", "--limit-bytes=10")).Output.Length);
        Assert.Contains(
            "previous terminated container \"main\" in pod \"talker\" not found",
            (await RunAsync("logs", "talker", "-c", "main", "--previous")).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "container nope is not valid for pod talker",
            (await RunAsync("logs", "talker", "-c", "nope")).Output,
            StringComparison.Ordinal
        );

        using var follow = Start(["logs", "-f", "talker", "-c", "main", "--tail=1"]);
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(
                await follow
                    .StandardOutput.ReadLineAsync(Fixture.Token)
                    .AsTask()
                    .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Fixture.Token)
            );
        }

        follow.Kill();
    }

    [Fact]
    public async Task Exec_brings_output_errors_input_and_exit_code_and_attach_what_is_written()
    {
        var (code, output) = await RunAsync("exec", "deploy/web", "--", "sh", "-c", "echo $COLOUR; echo oh >&2; exit 3");
        Assert.Equal(3, code);
        Assert.StartsWith("blue\n", output, StringComparison.Ordinal);
        Assert.Contains("oh\n", output, StringComparison.Ordinal);

        using var cat = Start(["exec", "-i", "talker", "-c", "main", "--", "cat"], input: true);
        await cat.StandardInput.WriteAsync("through the container and back");
        cat.StandardInput.Close();
        Assert.Equal("through the container and back", await cat.StandardOutput.ReadToEndAsync(Fixture.Token));
        Assert.Contains(
            "executable file not found",
            (await RunAsync("exec", "talker", "-c", "main", "--", "nosuch")).Output,
            StringComparison.Ordinal
        );

        using var attach = Start(["attach", "talker", "-c", "main"]);
        Assert.NotNull(
            await attach
                .StandardOutput.ReadLineAsync(Fixture.Token)
                .AsTask()
                .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Fixture.Token)
        );
        attach.Kill();
    }

    [Fact]
    public async Task Port_forward_leads_to_the_pod_and_tells_where_nothing_listens()
    {
        using var forward = Start(["port-forward", "talker", ":8080", ":9999"]);
        var ports = new List<string>();
        while (ports.Count < 2)
        {
            var line = await forward
                .StandardOutput.ReadLineAsync(Fixture.Token)
                .AsTask()
                .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Fixture.Token);
            Assert.NotNull(line);
            if (line.StartsWith("Forwarding from 127.0.0.1:", StringComparison.Ordinal))
            {
                ports.Add(line["Forwarding from 127.0.0.1:".Length..].Split(' ')[0]);
            }
        }

        using var http = new HttpClient();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[0]}/{i}"), Fixture.Token))
        );
        Assert.Equal("pod default/talker port 8080: GET /7, 0 bytes\n", answers[7]);
        Assert.Equal(
            1_000_000,
            (await http.GetByteArrayAsync(new Uri($"http://127.0.0.1:{ports[0]}/bytes/1000000"), Fixture.Token)).Length
        );

        await Assert.ThrowsAnyAsync<HttpRequestException>(() =>
            http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[1]}/"), Fixture.Token)
        );
        var told = await forward
            .StandardError.ReadLineAsync(Fixture.Token)
            .AsTask()
            .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Fixture.Token);
        Assert.Contains("connection refused", told, StringComparison.Ordinal);
        forward.Kill();
    }

    [Fact]
    public async Task Drain_evicts_as_the_budget_allows_and_stops_where_it_does_not()
    {
        await _simulator.Objects.CreateAsync(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
            """,
            Fixture.Token
        );
        await _simulator.Objects.DeleteAsync("pods", "talker", Fixture.Token);
        var node = (string)
            _simulator.Objects.List("pods").First(pod => (string?)pod["metadata"]!["labels"]?["app"] == "web")["spec"]!["nodeName"]!;

        var (code, output) = await RunAsync("drain", node, "--ignore-daemonsets", "--force", "--timeout=2s");
        Assert.Equal(1, code);
        Assert.Contains("Cannot evict pod as it would violate the pod's disruption budget", output, StringComparison.Ordinal);

        await _simulator.Objects.PatchAsync("pdb", "web", """{"spec":{"minAvailable":0}}""", cancellationToken: Fixture.Token);
        (code, output) = await RunAsync("drain", node, "--ignore-daemonsets", "--force", "--timeout=60s");
        Assert.True(code == 0, output);
        Assert.Contains($"node/{node} drained", output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(Fixture.Token);
        var errors = process.StandardError.ReadToEndAsync(Fixture.Token);
        await process.WaitForExitAsync(Fixture.Token);
        return (process.ExitCode, await output + await errors);
    }

    private Process Start(string[] arguments, bool input = false)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = input,
        };
        start.Environment["KUBECONFIG"] = Path.Combine(_directory, "config");
        start.Environment["HOME"] = _directory;
        return Process.Start(start)!;
    }
}
