using System.Net;
using System.Text.Json.Nodes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

public sealed class KubernetesApiTests
{
    [Fact]
    public async Task A_list_and_a_watch_from_its_revision_tell_every_change_in_the_words_of_the_api_server()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", app: "db");
        var gateway = await fixture.GatewayAsync();
        var (_, list) = await fixture.GetAsync(gateway, "api/v1/namespaces/default/pods?labelSelector=app%3Dweb");
        Assert.Equal(
            ("PodList", "v1", "a"),
            ((string)list["kind"]!, (string)list["apiVersion"]!, (string)list["items"]!.AsArray().Single()!["metadata"]!["name"]!)
        );
        Assert.Null(list["items"]![0]!["metadata"]!["managedFields"]);

        await using var watch = await WatchClient.OpenAsync(
            fixture,
            gateway,
            $"api/v1/namespaces/default/pods?watch=true&labelSelector=app%3Dweb&resourceVersion={list["metadata"]!["resourceVersion"]}"
        );
        fixture.Put("c");
        fixture.Put("a", annotation: "x");
        fixture.Put("b", app: "web");
        fixture.Put("c", app: "db");
        fixture.Delete("a");
        await watch.StoryAsync("ADDED:c MODIFIED:a ADDED:b DELETED:c DELETED:a");
    }

    [Fact]
    public async Task A_watch_without_a_revision_begins_with_what_exists_and_a_streaming_list_says_where_it_ends()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await using var plain = await WatchClient.OpenAsync(fixture, gateway, "api/v1/pods?watch=1&fieldSelector=metadata.name%3Da");
        await plain.StoryAsync("ADDED:a");
        await using var streaming = await WatchClient.OpenAsync(
            fixture,
            gateway,
            "api/v1/namespaces/default/pods?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
        );
        await streaming.StoryAsync("ADDED:a BOOKMARK:");
        Assert.Equal("true", (string)streaming.Events[^1]["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!);
    }

    [Fact]
    public async Task A_revision_that_is_too_old_is_answered_with_an_expired_status_and_the_watch_ends()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b");
        var gateway = await fixture.GatewayAsync();
        await using var watch = await WatchClient.OpenAsync(fixture, gateway, "api/v1/pods?watch=true&resourceVersion=1");
        await Eventually.TrueAsync(() => watch.HasEnded, "the watch ends");
        var status = watch.Events.Single();
        Assert.Equal(
            ("ERROR", "Expired", 410),
            ((string)status["type"]!, (string)status["object"]!["reason"]!, (int)status["object"]!["code"]!)
        );
    }

    [Fact]
    public async Task A_watch_ends_when_its_time_is_over_with_a_bookmark_where_they_are_wanted()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await using var watch = await WatchClient.OpenAsync(
            fixture,
            gateway,
            "api/v1/pods?watch=true&timeoutSeconds=1&allowWatchBookmarks=true"
        );
        fixture.Put("a");
        await Eventually.TrueAsync(() => watch.HasEnded, "the watch ends");
        Assert.StartsWith("ADDED:a", watch.Story, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_reads_only_and_says_so_with_a_status()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        foreach (
            var (method, path) in new[]
            {
                (HttpMethod.Delete, "api/v1/namespaces/default/pods/a"),
                (HttpMethod.Post, "apis/apps/v1/namespaces/default/deployments"),
                (HttpMethod.Put, "kubernetes/sim/api/v1/namespaces/x"),
                (HttpMethod.Patch, "api/v1/namespaces/default/pods/a/status"),
            }
        )
        {
            using var request = new HttpRequestMessage(method, new Uri(gateway.Url, path));
            using var response = await fixture.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
            Assert.Equal(
                "Status",
                (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["kind"]!
            );
        }
    }

    [Theory]
    [InlineData("api/v1/namespaces/default/pods/..%2f..%2fsecrets", 404)]
    [InlineData("api/v1/namespaces/default/pods/%2e%2e", 404)]
    [InlineData("api/v1/namespaces/default/nonsense", 404)]
    [InlineData("apis/apps/v1/namespaces/default/pods", 404)]
    [InlineData("apis/apps/v9/deployments", 404)]
    [InlineData("apis/nonsense", 404)]
    [InlineData("api/v1/namespaces/default/pods/a/log", 404)]
    [InlineData("api/v1/namespaces/default/nodes", 404)]
    [InlineData("kubernetes/elsewhere/api/v1/pods", 404)]
    [InlineData("kubernetes/sim/nonsense", 404)]
    [InlineData("kubernetes/sim/api/v1/pods?labelSelector=a+in+(", 400)]
    [InlineData("kubernetes/sim/api/v1/pods?watch=true&timeoutSeconds=-1", 400)]
    [InlineData("kubernetes/sim/api/v1/pods?resourceVersion=99999999999", 504)]
    public async Task What_is_not_there_or_not_understood_is_a_status_or_a_problem(string path, int status)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(() => gateway.Clusters.Sessions[0].IsComplete, "all is known that the cluster has");
        using var response = await fixture.Http.GetAsync(new Uri(gateway.Url, path), TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains("json", response.Content.Headers.ContentType!.MediaType, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_s_own_lists_stay_what_they_are()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var (_, own) = await fixture.GetAsync(gateway, "api/v1/pods?limit=500");
        Assert.Equal(1, (int)own["total"]!);
        var (_, raw) = await fixture.GetAsync(gateway, "kubernetes/sim/api/v1/pods?limit=500");
        Assert.Equal("PodList", (string)raw["kind"]!);
    }

    [Fact]
    public async Task Kubectl_gets_describes_and_watches_through_the_gateway()
    {
        Assert.SkipUnless(Kubectl.IsThere, "kubectl is not installed");
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        fixture.Put("b", ns: "kube-system");
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(() => gateway.Clusters.Sessions[0].Find("deployments")?.Informer?.HasSynced == true, "all is loaded");
        var table = await Kubectl.RunAsync(gateway.Url, "get", "pods", "-A");
        Assert.Matches(@"NAMESPACE\s+NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE", table);
        Assert.Matches(@"kube-system\s+b\s+\S+\s+Running", table);
        Assert.Equal("pod/a", (await Kubectl.RunAsync(gateway.Url, "get", "po", "-o", "name", "-l", "app=web")).Trim());
        Assert.Equal(
            "Running",
            await Kubectl.RunAsync(new Uri(gateway.Url, "kubernetes/sim"), "get", "pod", "a", "-o", "jsonpath={.status.phase}")
        );
        Assert.Contains("default", await Kubectl.RunAsync(gateway.Url, "get", "namespaces"), StringComparison.Ordinal);
        Assert.Contains(
            "the gateway is read-only",
            await Kubectl.RunAsync(gateway.Url, "delete", "pod", "a", "--wait=false"),
            StringComparison.Ordinal
        );

        using var watch = Kubectl.Start(gateway.Url, "get", "pods", "-w");
        var lines = new List<string>();
        watch.OutputDataReceived += (_, line) =>
        {
            lock (lines)
            {
                lines.Add(line.Data ?? "");
            }
        };
        watch.BeginOutputReadLine();
        await Eventually.TrueAsync(() => Has(lines, "a "), "kubectl shows what exists");
        fixture.Put("c", phase: "Pending");
        await Eventually.TrueAsync(() => Has(lines, "c ") && Has(lines, "Pending"), "kubectl shows what comes");
        watch.Kill();
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static bool Has(List<string> lines, string text)
    {
        lock (lines)
        {
            return lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }
    }
}
