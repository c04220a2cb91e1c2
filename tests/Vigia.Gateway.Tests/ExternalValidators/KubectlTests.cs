using Vigia.Gateway.Hosting;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.ExternalValidators;

/// <summary>kubectl on the gateway's raw watch.</summary>
public sealed class KubectlTests
{
    [Fact]
    public async Task Kubectl_watches_events_through_the_gateway_as_it_does_at_an_api_server()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var watch = Start(gateway, "get", "pods", "-w", "--output-watch-events", "--no-headers", "-l", "app=web");
        await watch.UntilAsync(lines => lines.Any(line => Is(line, "ADDED", "a")), "what exists");
        fixture.Put("b", phase: "Pending");
        fixture.Put("b");
        fixture.Put("a", app: "db");
        fixture.Delete("b");
        await watch.UntilAsync(lines => lines.Any(line => Is(line, "DELETED", "b")), "the last");
        Assert.Equal(
            ["ADDED a", "ADDED b", "MODIFIED b", "DELETED a", "DELETED b"],
            watch.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2]))
        );
    }

    [Fact]
    public async Task Kubectl_waits_for_a_condition_a_value_and_a_deletion_through_the_gateway()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a", phase: "Pending");
        var gateway = await fixture.GatewayAsync();
        await using var condition = Start(gateway, "wait", "pod/a", "--for=condition=Ready", "--timeout=60s");
        await using var deletion = Start(gateway, "wait", "pod/a", "--for=delete", "--timeout=60s");

        // Both have looked and watch now.
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]! >= 2,
            "both watch",
            TimeSpan.FromSeconds(30)
        );
        Assert.False(condition.HasEnded || deletion.HasEnded, string.Join('\n', condition.Lines.Concat(deletion.Lines)));
        fixture.Simulator.Store.Mutate(
            GatewayFixture.Pods,
            new("default", "a"),
            o =>
                o["status"] = System.Text.Json.Nodes.JsonNode.Parse(
                    """{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}"""
                ),
            "test"
        );
        Assert.Equal(0, await condition.EndAsync(TestContext.Current.CancellationToken));
        await condition.SaysAsync("pod/a condition met");
        Assert.False(deletion.HasEnded);
        fixture.Delete("a");
        Assert.Equal(0, await deletion.EndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Kubectl_s_watch_goes_on_where_the_gateway_ends_it_at_its_time()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { BookmarkInterval = TimeSpan.FromMilliseconds(200) }
        );
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var wait = Start(gateway, "wait", "pod/a", "--for=delete", "--timeout=60s");
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/status")).Body["streams"]!["open"]! >= 1,
            "it watches",
            TimeSpan.FromSeconds(30)
        );
        await using var get = Start(gateway, "get", "pods", "--no-headers", "--request-timeout=30s");
        Assert.Equal(0, await get.EndAsync(TestContext.Current.CancellationToken));
        fixture.Delete("a");
        Assert.Equal(0, await wait.EndAsync(TestContext.Current.CancellationToken));
    }

    private static bool Is(string line, string type, string name) =>
        line.StartsWith(type, StringComparison.Ordinal) && line[type.Length..].TrimStart().StartsWith(name + " ", StringComparison.Ordinal);

    private static LineProcess Start(GatewayServer gateway, params string[] arguments)
    {
        if (LineProcess.Find("kubectl") is not { } kubectl)
        {
            const string Reason = "kubectl is not installed (Debian's package kubernetes-client)";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, Reason);
            Assert.Fail(Reason);
            throw new InvalidOperationException(Reason);
        }

        return LineProcess.Start(
            kubectl,
            [
                "--server",
                gateway.Url.ToString().TrimEnd('/'),
                "--kubeconfig",
                "/dev/null",
                "--cache-dir",
                Path.Combine(AppContext.BaseDirectory, $"kubectl-{gateway.Url.Port}"),
                .. arguments,
            ]
        );
    }
}
