using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Sockets;

public sealed class DeploymentLogTests
{
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");

    [Fact]
    public async Task Replicas_images_and_deletions_are_told_and_nothing_else()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        Create(fixture, "web");
        Create(fixture, "other");
        var gateway = await fixture.GatewayAsync();
        await using var socket = await SocketClient.OpenAsync(gateway, "api/wds/logs?deployment=web&deployment=probe");
        Create(fixture, "probe");
        await Eventually.TrueAsync(
            () =>
            {
                // Until the socket listens nothing can be expected of it.
                Change(fixture, "probe", spec => spec["replicas"] = (int)spec["replicas"]! + 1);
                return socket.Messages.Count > 0;
            },
            "the socket listens"
        );
        Create(fixture, "late");
        Change(fixture, "web", spec => spec["replicas"] = 5);
        Change(fixture, "other", spec => spec["replicas"] = 7);
        fixture.Simulator.Store.Mutate(
            Deployments,
            new ObjectKey("default", "web"),
            o => o["metadata"]!["annotations"] = new JsonObject { ["note"] = "x" },
            "test"
        );
        Change(fixture, "web", spec => spec["template"]!["spec"]!["containers"]![0]!["image"] = "nginx:2");
        fixture.Simulator.Store.Delete(Deployments, new ObjectKey("default", "web"));
        await socket.UntilAsync(
            messages => messages.Any(m => ((string)m["message"]!).Contains("deleted", StringComparison.Ordinal)),
            "the deletion"
        );

        Assert.Equal(
            [
                "Deployment web scaled from 2 to 5 replicas",
                "Deployment web container app image changed from nginx:1 to nginx:2",
                "Deployment web deleted",
            ],
            socket.Messages.Select(m => (string)m["message"]!).Where(message => !message.Contains("probe", StringComparison.Ordinal))
        );
        Assert.All(
            socket.Messages,
            m => Assert.True(DateTimeOffset.TryParse((string)m["timestamp"]!, System.Globalization.CultureInfo.InvariantCulture, out _))
        );
    }

    private static void Change(GatewayFixture fixture, string name, Action<JsonNode> change) =>
        fixture.Simulator.Store.Mutate(Deployments, new ObjectKey("default", name), o => change(o["spec"]!), "test");

    private static void Create(GatewayFixture fixture, string name) =>
        fixture.Simulator.Store.Create(
            Deployments,
            new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["spec"] = new JsonObject
                {
                    ["replicas"] = 2,
                    ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                    ["template"] = new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                        ["spec"] = new JsonObject
                        {
                            ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = "nginx:1" }),
                        },
                    },
                },
            },
            "test"
        );
}
