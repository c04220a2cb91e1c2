using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Clusters;
using Vigia.Live.Clusters;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>Names of clusters are what people and tools give their contexts: anything.</summary>
public sealed class ClusterPathTests
{
    [Theory]
    [InlineData("kubeconfig.yaml")]
    [InlineData("arn.yaml")]
    public async Task Every_context_of_a_kubeconfig_is_reached_by_its_name(string file)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var folder = Directory.CreateTempSubdirectory("vigia-names");
        var kubeconfig = Path.Combine(folder.FullName, "config");
        var text = await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "testdata", "context-names", file),
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            kubeconfig,
            text.Replace("https://127.0.0.1:7101", fixture.Simulator.Url, StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        var clusters = await KubeconfigClusters.LoadAsync(
            new KubeconfigOptions { Path = kubeconfig, AllContexts = true },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await using var gateway = await GatewayServer.StartAsync(
            new GatewayOptions { Listen = new Uri("http://127.0.0.1:0"), Clusters = clusters.Sources },
            TestContext.Current.CancellationToken
        );
        foreach (var name in clusters.Sources.Select(source => source.Name))
        {
            await ReachesAsync(
                fixture,
                gateway,
                Uri.EscapeDataString(name),
                $"cluster={Uri.EscapeDataString(name.Replace(",", @"\,", StringComparison.Ordinal))}",
                name
            );
        }

        await clusters.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Names_with_slashes_and_percent_signs_are_decoded_once_and_a_slash_may_stand_as_it_is()
    {
        string[] names = ["plain", "a/b", "a%2Fb", "arn:aws:eks:eu-west-1:123456789012:cluster/Prod Ümlaut", "100%"];
        await using var fixture = await ClustersFixture.StartAsync(names);
        foreach (var name in names)
        {
            fixture.Put(name, $"pod-{Array.IndexOf(names, name)}");
        }

        var gateway = await fixture.GatewayAsync();
        foreach (
            var (path, expected) in new[]
            {
                ("plain", "pod-0"),
                ("a%2Fb", "pod-1"),
                ("a%2fb", "pod-1"),
                ("a/b", "pod-1"),
                ("a%252Fb", "pod-2"),
                ("100%25", "pod-4"),
                ("arn%3Aaws%3Aeks%3Aeu-west-1%3A123456789012%3Acluster%2FProd%20%C3%9Cmlaut", "pod-3"),
                ("arn:aws:eks:eu-west-1:123456789012:cluster/Prod%20%C3%9Cmlaut", "pod-3"),
            }
        )
        {
            var (status, body) = await fixture.GetAsync(gateway, $"kubernetes/{path}/api/v1/namespaces/default/pods");
            Assert.Equal(
                (200, expected),
                ((int)status, (string?)body["items"]?.AsArray().Single()!["metadata"]!["name"] ?? body.ToJsonString())
            );
        }

        if (Kubectl.IsThere)
        {
            Assert.Equal(
                "pod/pod-3",
                (
                    await Kubectl.RunAsync(
                        new Uri(gateway.Url, "kubernetes/arn%3Aaws%3Aeks%3Aeu-west-1%3A123456789012%3Acluster%2FProd%20%C3%9Cmlaut"),
                        "get",
                        "pods",
                        "-o",
                        "name"
                    )
                ).Trim()
            );
        }
    }

    [Theory]
    [InlineData("watch/pods", "ADDED:a ADDED:b")]
    [InlineData("watch/namespaces/default/pods", "ADDED:a")]
    [InlineData("watch/namespaces/default/pods/a", "ADDED:a")]
    [InlineData("watch/namespaces/kube-system/pods?labelSelector=app%3Dweb", "ADDED:b")]
    [InlineData("watch/namespaces/default", "ADDED:default")]
    public async Task The_old_paths_of_a_watch_are_served(string path, string expected)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", ns: "kube-system");
        var gateway = await fixture.GatewayAsync();
        await using var below = await WatchClient.OpenAsync(fixture, gateway, $"kubernetes/sim/api/v1/{path}");
        await below.StoryAsync(expected);
        await using var root = await WatchClient.OpenAsync(fixture, gateway, $"api/v1/{path}");
        await root.StoryAsync(expected);
    }

    private static async Task ReachesAsync(GatewayFixture fixture, GatewayServer gateway, string encoded, string parameter, string name)
    {
        JsonObject? body = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var answer = await fixture.GetAsync(gateway, $"kubernetes/{encoded}/api/v1/namespaces/default/pods/a");
                body = answer.Body;
                return (int)answer.Status == 200;
            },
            $"{name} is reached"
        );
        Assert.Equal("a", (string?)body!["metadata"]!["name"]);
        var (status, list) = await fixture.GetAsync(gateway, $"api/v1/pods?{parameter}");
        Assert.Equal((200, name), ((int)status, (string?)list["items"]!.AsArray().Single()!["cluster"]));
    }
}
