using System.Net;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Clusters;

public sealed class SeveralClustersTests
{
    [Fact]
    public async Task One_list_holds_a_resource_of_all_clusters_sorted_and_paged()
    {
        await using var fixture = await ClustersFixture.StartAsync("east", "west");
        for (var i = 0; i < 6; i++)
        {
            fixture.Put(i % 2 == 0 ? "east" : "west", $"p{i}");
        }

        fixture.Put("east", "same");
        fixture.Put("west", "same");
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(
            async () => (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]! == 8,
            "both are loaded"
        );

        Assert.Equal("p0 east, p1 west, p2 east, p3 west", await NamesAsync("api/v1/pods?limit=4"));
        Assert.Equal("p4 east, p5 west, same east, same west", await NamesAsync("api/v1/pods?limit=4&page=2"));
        Assert.Equal("p1 west, p3 west, p5 west, same west", await NamesAsync("api/v1/pods?sort=-cluster&limit=4"));
        Assert.Equal("p0 east, p2 east, p4 east, same east", await NamesAsync("api/v1/pods?cluster=east"));
        Assert.Equal(8, (int)(await fixture.GetAsync(gateway, "api/v1/pods?cluster=east,west")).Body["total"]!);
        var all = (await fixture.GetAsync(gateway, "api/v1/stats/overview")).Body["resources"]!["pods"]!;
        Assert.Equal((8, 4, 4), ((int)all["total"]!, (int)all["byCluster"]!["east"]!, (int)all["byCluster"]!["west"]!));
        Assert.Equal(4, (int)(await fixture.GetAsync(gateway, "api/v1/stats/overview?cluster=west")).Body["resources"]!["pods"]!["total"]!);
        var (status, problem) = await fixture.GetAsync(gateway, "api/v1/pods?cluster=moon");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("it has east, west", (string)problem["detail"]!, StringComparison.Ordinal);

        async Task<string> NamesAsync(string path) =>
            string.Join(
                ", ",
                (await fixture.GetAsync(gateway, path)).Body["items"]!.AsArray().Select(item => $"{item!["name"]} {item["cluster"]}")
            );
    }

    [Fact]
    public async Task A_stream_covers_all_clusters_with_one_cursor_that_any_replica_resumes()
    {
        await using var fixture = await ClustersFixture.StartAsync("east", "west");
        fixture.Put("east", "a");
        fixture.Put("west", "b");
        var first = await fixture.GatewayAsync();
        var second = await fixture.GatewayAsync();
        string cursor;
        await using (var stream = await fixture.OpenAsync(first, "api/v1/pods/stream"))
        {
            await stream.UntilAsync(events => events.Count(e => e.Name == "synced") == 2, "both synced");
            fixture.Put("west", "c");
            await stream.UntilAsync(events => events.Any(e => e.ObjectName == "c"), "c");
            Assert.Equal("west", (string)stream.Events.Single(e => e.ObjectName == "c").Data["cluster"]!);
            cursor = stream.LastId;
        }

        Assert.Contains("east/pods", cursor, StringComparison.Ordinal);
        Assert.Contains("west/pods", cursor, StringComparison.Ordinal);
        fixture.Delete("east", "a");
        fixture.Put("west", "d");
        await using var resumed = await fixture.OpenAsync(second, "api/v1/pods/stream", cursor);
        await resumed.UntilAsync(events => events.Count >= 2, "what was missed");
        Assert.Equal(
            ["+d", "-a"],
            resumed.Events.Where(e => e.Name is "added" or "deleted" or "reset").Select(e => e.ToString()).Order(StringComparer.Ordinal)
        );

        await using var east = await fixture.OpenAsync(first, "api/v1/pods/stream?cluster=east");
        await east.SyncedAsync();
        Assert.All(east.Events, e => Assert.Equal("east", (string)e.Data["cluster"]!));
    }

    [Fact]
    public async Task A_cluster_that_is_down_and_one_that_denies_hurt_no_other_and_are_shown_with_their_reasons()
    {
        await using var fixture = await ClustersFixture.StartAsync("good", "down");
        await fixture.AddAsync("denied", new SimulatorOptions { Users = [SimulatedUser.Admin], AnonymousRules = [] }, "expired-token");
        fixture.Write();
        fixture.Put("good", "a");
        await fixture["down"].Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);

        var gateway = await fixture.GatewayAsync();
        var (_, pods) = await fixture.GetAsync(gateway, "api/v1/pods");
        Assert.Equal(1, (int)pods["total"]!);
        Assert.Equal(
            ["denied", "down"],
            pods["clusters"]!.AsArray().Where(c => !(bool)c!["included"]!).Select(c => (string)c!["cluster"]!).Order(StringComparer.Ordinal)
        );
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream");
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "a"), "the good one's pod");
        await stream.UntilAsync(events => events.Count(e => e.Name == "degraded") >= 2, "the others are told to be degraded");

        Assert.Equal("healthy", (string)(await HealthyAsync("good"))["status"]!);
        Assert.Contains("refused", (string)(await fixture.HealthAsync(gateway, "down"))["reason"]!, StringComparison.Ordinal);
        Assert.Contains("401", (string)(await fixture.HealthAsync(gateway, "denied"))["reason"]! + " 401", StringComparison.Ordinal);
        Assert.Contains("denied", (string)(await fixture.HealthAsync(gateway, "denied"))["reason"]!, StringComparison.Ordinal);
        Assert.Equal("degraded", (string)(await fixture.GetAsync(gateway, "api/v1/health")).Body["status"]!);

        fixture.Put("down", "b");
        await fixture["down"].Faults.ComeBackAsync(TestContext.Current.CancellationToken);
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "b"), "the one that was down joins");

        async Task<System.Text.Json.Nodes.JsonObject> HealthyAsync(string cluster)
        {
            await Eventually.TrueAsync(
                async () => (string)(await fixture.HealthAsync(gateway, cluster))["status"]! == "healthy",
                $"{cluster} is healthy"
            );
            return await fixture.HealthAsync(gateway, cluster);
        }
    }

    [Fact]
    public async Task Contexts_added_and_removed_while_running_join_and_leave_open_streams()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        fixture.Put("one", "a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream");
        await stream.SyncedAsync();

        await fixture.AddAsync("two");
        fixture.Put("two", "b");
        fixture.Write();
        await stream.UntilAsync(events => events.Any(e => e.Name == "added" && e.ObjectName == "b"), "the new cluster's pod is added");
        Assert.Equal("two", (string)stream.Events.Last(e => e.Name == "added").Data["cluster"]!);
        await stream.UntilAsync(events => events.Count(e => e.Name == "synced") == 2, "synced");
        var cursor = stream.LastId;

        fixture.Remove("two");
        fixture.Write();
        await stream.UntilAsync(events => events.Any(e => e.Name == "degraded"), "told why it left");
        Assert.Equal("+a +b -b", string.Join(' ', stream.Events.Where(e => e.Name is "added" or "deleted")));
        Assert.Equal("two was removed", Shorten((string)stream.Events.Last(e => e.Name == "degraded").Data["reason"]!));
        Assert.DoesNotContain("two/", stream.LastId, StringComparison.Ordinal);
        Assert.Equal(["one"], gateway.Clusters.Sessions.Select(session => session.Name));

        // Somebody who was away meanwhile must not keep what is gone.
        await using var late = await fixture.OpenAsync(gateway, "api/v1/pods/stream", cursor);
        await late.UntilAsync(events => events.Any(e => e.Name == "degraded"), "told");
        var reset = Assert.Single(late.Events, e => e.Name == "reset");
        Assert.Equal("two", (string)reset.Data["cluster"]!);
        Assert.Equal(0, (int)late.Events.Single(e => e.Name == "synced").Data["objects"]!);

        static string Shorten(string reason) =>
            reason.Contains("context two was removed", StringComparison.Ordinal) ? "two was removed" : reason;
    }

    [Fact]
    public async Task Names_of_contexts_may_have_slashes_and_colons_as_those_of_clouds_do()
    {
        const string Cloud = "arn:aws:eks:eu-west-1:1234:cluster/shop";
        await using var fixture = await ClustersFixture.StartAsync("one", Cloud);
        fixture.Put(Cloud, "a");
        var gateway = await fixture.GatewayAsync();
        string cursor;
        await using (var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream?cluster=one," + Uri.EscapeDataString(Cloud)))
        {
            await stream.UntilAsync(events => events.Count(e => e.Name == "synced") == 2, "synced");
            cursor = stream.LastId;
        }

        fixture.Put(Cloud, "b");
        await using (
            var resumed = await fixture.OpenAsync(gateway, "api/v1/pods/stream?cluster=one," + Uri.EscapeDataString(Cloud), cursor)
        )
        {
            await resumed.StoryAsync("+b");
        }

        fixture.Remove(Cloud);
        fixture.Write();
        await Eventually.TrueAsync(() => gateway.Clusters.Sessions.Count == 1, "removed");
        await using var late = await fixture.OpenAsync(gateway, "api/v1/pods/stream?cluster=one," + Uri.EscapeDataString(Cloud), cursor);
        await late.UntilAsync(events => events.Any(e => e.Name == "degraded"), "told");
        Assert.Equal(Cloud, (string)late.Events.Single(e => e.Name == "reset").Data["cluster"]!);
    }

    [Fact]
    public async Task A_ready_made_stream_starts_where_one_cluster_can_be_watched_and_the_others_are_told()
    {
        await using var fixture = await ClustersFixture.StartAsync("good", "down");
        await fixture["down"].Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(() => gateway.Clusters.Find("down")!.Problem is not null, "down is known to be down");
        await using var stream = await fixture.OpenAsync(gateway, "events/clusters?project=p");
        await stream.UntilAsync(
            events => events.Any(e => e.Name == "synced") && events.Any(e => e.Name == "degraded"),
            "one is there, the other is told"
        );

        var (status, problem) = await fixture.GetAsync(gateway, "events/clusters?project=p&cluster=down");
        Assert.Equal(500, (int)status);
        Assert.Contains("of down cannot be watched", (string)problem["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_edit_of_the_kubeconfig_changes_nothing_and_is_shown_until_it_is_repaired()
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "two");
        fixture.Put("one", "a");
        var gateway = await fixture.GatewayAsync();
        fixture.Write("clusters: [}");
        await Eventually.TrueAsync(() => gateway.Clusters.Problems.Count > 0, "the fault is noticed");

        var (_, health) = await fixture.GetAsync(gateway, "api/v1/health");
        Assert.Contains("is not valid YAML at line 1", (string)health["configuration"]![0]!, StringComparison.Ordinal);
        Assert.Equal("degraded", (string)health["status"]!);
        Assert.Equal(["one", "two"], gateway.Clusters.Sessions.Select(session => session.Name));
        fixture.Write("kind: Config\nclusters: []\ncontexts: []\n");
        await Eventually.TrueAsync(
            () => gateway.Clusters.Problems.Any(problem => problem.Contains("none of the served contexts", StringComparison.Ordinal)),
            "an emptied file is noticed"
        );
        Assert.Equal(2, gateway.Clusters.Sessions.Count);

        fixture.Write();
        await Eventually.TrueAsync(() => gateway.Clusters.Problems.Count == 0, "the repair is noticed");
        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
    }

    [Fact]
    public async Task New_credentials_are_used_at_once_and_nothing_is_loaded_again()
    {
        var (old, young) = (
            new SimulatedUser
            {
                Name = "ann",
                Token = "old",
                Rules = [PolicyRule.Everything],
            },
            new SimulatedUser
            {
                Name = "bob",
                Token = "new",
                Rules = [PolicyRule.Everything],
            }
        );
        await using var fixture = await ClustersFixture.StartAsync();
        await fixture.AddAsync(
            "one",
            new SimulatorOptions
            {
                Users = [old, young],
                AnonymousRules = [],
                BookmarkInterval = TimeSpan.FromMilliseconds(200),
            },
            "old"
        );
        fixture.Write();
        fixture.Put("one", "a");
        var gateway = await fixture.GatewayAsync();
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream");
        await stream.SyncedAsync();
        var informer = gateway.Clusters.Sessions[0].Find("pods")!.Informer!;

        fixture.Context("one", "one", "new");
        fixture.Write();
        await Eventually.TrueAsync(
            () =>
                gateway.Clusters.Sessions[0].Source.Client is { Configuration.IdentityFingerprint: var identity }
                && identity != ""
                && informer.Status.Watches >= 2,
            "watched again with the new credentials"
        );
        fixture.Put("one", "b");
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "b"), "b");
        Assert.Equal("reset:start +a +b", stream.Story);
        Assert.Equal(1, informer.Status.Lists);
        Assert.Same(informer, gateway.Clusters.Sessions[0].Find("pods")!.Informer);
    }

    [Fact]
    public async Task Another_server_under_the_same_name_is_another_cluster()
    {
        await using var fixture = await ClustersFixture.StartAsync("one", "spare");
        fixture.Put("one", "a");
        fixture.Put("spare", "z");
        var gateway = await fixture.GatewayAsync(contexts: "one");
        await using var stream = await fixture.OpenAsync(gateway, "api/v1/pods/stream");
        await stream.SyncedAsync();
        fixture.Context("one", "spare", null);
        fixture.Write();
        await stream.UntilAsync(events => events.Any(e => e.ObjectName == "z"), "the other server's pod");

        Assert.Equal("+a -a +z", string.Join(' ', stream.Events.Where(e => e.Name is "added" or "deleted")));
        Assert.Contains(
            "now leads to another server",
            (string)stream.Events.First(e => e.Name == "degraded").Data["reason"]!,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_context_that_alone_is_broken_is_a_failing_cluster_beside_the_others()
    {
        await using var fixture = await ClustersFixture.StartAsync("one");
        fixture.Put("one", "a");
        await File.AppendAllTextAsync(
            fixture.Kubeconfig,
            "- {name: lost, context: {cluster: nowhere}}\n",
            TestContext.Current.CancellationToken
        );
        var gateway = await fixture.GatewayAsync();

        Assert.Equal(1, (int)(await fixture.GetAsync(gateway, "api/v1/pods")).Body["total"]!);
        var lost = await fixture.HealthAsync(gateway, "lost");
        Assert.Equal(("failing", "open"), ((string)lost["status"]!, (string)lost["circuit"]!));
        Assert.Contains("refers to the cluster \"nowhere\", which does not exist there", (string)lost["reason"]!, StringComparison.Ordinal);
        fixture.Write();
        await Eventually.TrueAsync(() => gateway.Clusters.Sessions.Count == 1, "the broken context is gone");
    }
}
