using System.Net;
using Vigia.Gateway.Access;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

public sealed class TenantTests
{
    private static readonly AccessOptions Quick = new()
    {
        Mode = AuthMode.Kubernetes,
        CacheFor = TimeSpan.FromSeconds(1),
        KeepFor = TimeSpan.FromSeconds(3),
        ReviewTimeout = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public async Task Each_tenant_sees_his_own_in_lists_and_the_admin_all()
    {
        await using var fixture = await AccessFixture.StartAsync();

        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "anna-token"));
        Assert.Equal("b1", await fixture.NamesAsync("api/v1/pods", "ben-token"));
        Assert.Equal("a1 a2 b1", await fixture.NamesAsync("api/v1/pods", "admin-token"));
        Assert.Equal("", await fixture.NamesAsync("api/v1/pods?search=b1", "anna-token"));
        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/namespace/team-a/pods", "anna-token"));
    }

    [Fact]
    public async Task What_is_named_and_may_not_be_seen_is_refused_with_the_missing_right()
    {
        await using var fixture = await AccessFixture.StartAsync();

        var (status, body) = await fixture.GetAsync("api/v1/namespace/team-b/pods", "anna-token");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("user anna may not list pods in namespace team-b of cluster sim", (string)body["error"]!, StringComparison.Ordinal);

        (status, body) = await fixture.GetAsync("api/v1/nodes", "anna-token");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("user anna may not list nodes of cluster sim", (string)body["error"]!, StringComparison.Ordinal);

        (status, body) = await fixture.GetAsync("api/v1/pods/stream?namespace=team-b", "anna-token");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("list and watch", (string)body["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kubernetes/sim/api/v1/pods")]
    [InlineData("kubernetes/sim/api/v1/pods?watch=true&timeoutSeconds=1")]
    [InlineData("kubernetes/sim/apis/apps/v1/deployments")]
    [InlineData("kubernetes/sim/api/v1/namespaces/team-a/pods")]
    public async Task A_raw_list_without_any_right_is_forbidden_and_not_empty(string path)
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(new SimulatedUser { Name = "nobody", Token = "nobody-token" });
        await Eventually.TrueAsync(
            async () => (await fixture.SendAsync("kubernetes/sim/apis/apps/v1/deployments", "admin-token")).IsSuccessStatusCode,
            "deployments are loaded"
        );
        var (status, body) = await fixture.GetAsync(path, "nobody-token");
        Assert.Equal((HttpStatusCode.Forbidden, "Status"), (status, (string?)body["kind"]));
    }

    [Fact]
    public async Task One_of_several_names_that_may_not_be_seen_is_refused_in_lists_and_subscriptions()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var (status, body) = await fixture.GetAsync("api/v1/pods?namespace=team-a,team-b", "anna-token");
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("in namespace team-b", (string)body["error"]!, StringComparison.Ordinal);

        await using var socket = await SocketClient.OpenAsync(
            fixture.Gateway,
            $"api/v1/ws?ticket={await fixture.TicketAsync("anna-token", path: "api/v1/ws")}"
        );
        await socket.SendAsync("""{"type":"subscribe","id":"b","resources":["pods"],"namespace":["team-b"]}""");
        await socket.SendAsync("""{"type":"subscribe","id":"a","resources":["pods"],"namespace":["team-a"]}""");
        await Eventually.TrueAsync(() => socket.Story("a") == "reset:start +a1 +a2", "her own comes");
        var refused = socket.Messages.Single(m => (string?)m["id"] == "b");
        Assert.Equal(("error", 403), ((string?)refused["type"], (int)refused["status"]!));
    }

    [Fact]
    public async Task A_known_caller_without_rights_is_not_told_why_a_cluster_cannot_be_reached()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(new SimulatedUser { Name = "nobody", Token = "nobody-token" });
        Assert.Equal(HttpStatusCode.OK, (await fixture.GetAsync("api/v1/status", "nobody-token")).Status);
        Assert.Equal(HttpStatusCode.OK, (await fixture.GetAsync("api/v1/status", "admin-token")).Status);
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 500,
                Verb = "list",
            }
        );
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 500,
                Verb = "watch",
            }
        );
        fixture.Simulator.Faults.CutWatches();
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync("api/v1/health", "admin-token")).Body["problems"]!.AsArray().Count > 0,
            "the cluster fails"
        );

        foreach (var path in new[] { "api/v1/status", "api/v1/health", "api/v1/resources" })
        {
            var (_, told) = await fixture.GetAsync(path, "nobody-token");
            Assert.DoesNotContain("127.0.0.1", told.ToJsonString(), StringComparison.Ordinal);
            Assert.DoesNotContain(
                new Uri(fixture.Simulator.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                told.ToJsonString(),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_namespace_that_holds_nothing_yet_is_an_empty_list_to_who_may_see_it()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "empty"));

        Assert.Equal("", await fixture.NamesAsync("api/v1/namespace/empty/pods", "anna-token"));
    }

    [Fact]
    public async Task Single_objects_are_found_by_who_may_get_them_and_do_not_exist_for_others()
    {
        await using var fixture = await AccessFixture.StartAsync();
        var (_, list) = await fixture.GetAsync("api/v1/pods?search=b1", "admin-token");
        var uid = (string)list["items"]![0]!["uid"]!;

        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync($"api/v1/pods/{uid}", "anna-token")).Status);
        Assert.Equal("b1", (string?)(await fixture.GetAsync($"api/v1/pods/{uid}", "ben-token")).Body["name"]);

        // A right on one name is a right to get it, and not to list it.
        fixture.Simulator.Access.Set(
            new SimulatedUser
            {
                Name = "one",
                Token = "one-token",
                Rules =
                [
                    new PolicyRule
                    {
                        Verbs = ["get"],
                        ApiGroups = [""],
                        Resources = ["pods"],
                        ResourceNames = ["b1"],
                        Namespaces = ["team-b"],
                    },
                ],
            }
        );
        Assert.Equal("b1", (string?)(await fixture.GetAsync($"api/v1/pods/{uid}", "one-token")).Body["name"]);
        Assert.Equal("", await fixture.NamesAsync("api/v1/pods", "one-token"));
    }

    [Fact]
    public async Task To_get_and_to_list_and_to_watch_are_three_rights()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(
            new SimulatedUser
            {
                Name = "lister",
                Token = "lister-token",
                Rules =
                [
                    new PolicyRule
                    {
                        Verbs = ["list"],
                        ApiGroups = [""],
                        Resources = ["pods"],
                        Namespaces = ["team-a"],
                    },
                ],
            }
        );
        var (_, list) = await fixture.GetAsync("api/v1/pods", "lister-token");
        var uid = (string)list["items"]![0]!["uid"]!;

        Assert.Equal(2, (int)list["total"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.GetAsync($"api/v1/pods/{uid}", "lister-token")).Status);
        await using var stream = await fixture.StreamAsync("lister-token");
        await stream.SyncedAsync();
        Assert.Equal("reset:start", stream.Story);
    }

    [Fact]
    public async Task Statistics_and_states_count_what_the_caller_sees()
    {
        await using var fixture = await AccessFixture.StartAsync();

        var (_, stats) = await fixture.GetAsync("api/v1/stats/overview", "anna-token");
        Assert.Equal(2, (int)stats["resources"]!["pods"]!["total"]!);
        Assert.DoesNotContain("team-b", stats.ToJsonString(), StringComparison.Ordinal);
        Assert.Null(stats["resources"]!["nodes"]);
        var (_, all) = await fixture.GetAsync("api/v1/stats/overview", "admin-token");
        Assert.Equal(3, (int)all["resources"]!["pods"]!["total"]!);

        var (_, status) = await fixture.GetAsync("api/v1/status", "ben-token");
        var pods = status["clusters"]![0]!["resources"]!.AsArray().Single(feed => (string?)feed!["resource"] == "pods")!;
        Assert.Equal(1, (int)pods["objects"]!);
        Assert.Null(pods["revision"]);
    }

    [Fact]
    public async Task Streams_show_each_his_own_and_follow_rights_that_come_and_go()
    {
        await using var fixture = await AccessFixture.StartAsync(Quick);
        await using var stream = await fixture.StreamAsync("anna-token");
        await stream.SyncedAsync();
        fixture.Inner.Put("b2", "team-b");
        fixture.Inner.Put("a3", "team-a");
        await stream.StoryAsync("reset:start +a1 +a2 +a3");

        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "team-b"));
        await stream.UntilAsync(_ => stream.Story.EndsWith("+a3 +b1 +b2", StringComparison.Ordinal), "what is allowed now comes");

        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-b"));
        await stream.UntilAsync(events => events.Count(e => e.Name == "deleted") == 3, "what is no longer allowed leaves");
        Assert.All(stream.Events.Where(e => e.Name == "deleted"), e => Assert.Equal("team-a", (string?)e.Data["namespace"]));
        Assert.All(stream.Events.Where(e => e.Name == "deleted"), e => Assert.Null(e.Data["row"]));
        fixture.Inner.Put("a4", "team-a");
        fixture.Inner.Put("b3", "team-b");
        await stream.UntilAsync(_ => stream.Story.EndsWith("+b3", StringComparison.Ordinal), "what is still allowed goes on");
        Assert.DoesNotContain("a4", stream.Story, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_in_a_namespace_that_the_stream_never_met_come_as_soon_as_it_is_asked_about()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "brand-new"));
        await using var stream = await fixture.StreamAsync("anna-token");
        await stream.SyncedAsync();

        fixture.Inner.Put("n1", "brand-new");

        // Far sooner than rights are asked for again.
        await Eventually.TrueAsync(
            () => stream.Story.EndsWith("+n1", StringComparison.Ordinal),
            "+n1",
            TimeSpan.FromSeconds(5),
            () => stream.Story
        );
    }

    [Fact]
    public async Task A_token_that_is_revoked_ends_what_it_opened_and_opens_nothing_more()
    {
        await using var fixture = await AccessFixture.StartAsync(Quick);
        await using var stream = await fixture.StreamAsync("anna-token");
        await using var other = await fixture.StreamAsync("ben-token");
        await stream.SyncedAsync();
        var ticket = await fixture.TicketAsync("anna-token");

        fixture.Simulator.Access.Remove("anna");

        await Eventually.TrueAsync(() => stream.HasEnded, "the stream ends");
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", "anna-token")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync($"api/v1/pods/stream?ticket={ticket}", null)).Status);
        Assert.False(other.HasEnded);
    }

    [Fact]
    public async Task While_nobody_can_be_asked_new_requests_are_refused_and_open_streams_keep_what_they_have_for_a_while()
    {
        await using var fixture = await AccessFixture.StartAsync(Quick);
        await using var stream = await fixture.StreamAsync("anna-token");
        await stream.SyncedAsync();

        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Error,
                Code = 500,
                Verb = "create",
            }
        );
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync("api/v1/pods", "anna-token")).Status == HttpStatusCode.ServiceUnavailable,
            "new requests are refused"
        );
        var (_, body) = await fixture.GetAsync("api/v1/pods", "ben-token");

        // ben is not authenticated yet, so the answer says nothing about the cluster.
        Assert.Contains("the token cannot be reviewed now", (string)body["error"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("sim", (string)body["error"]!, StringComparison.Ordinal);
        Assert.Equal("reset:start +a1 +a2", stream.Story);
        await stream.UntilAsync(
            events =>
                events.Any(e =>
                    e.Name == "degraded"
                    && ((string)e.Data["reason"]!).Contains("access reviews fail at cluster sim", StringComparison.Ordinal)
                ),
            "the stream says that rights are as of the last answer"
        );

        // Longer than the last positive answer may be old: the rows leave, and come back with the answers.
        await stream.StoryAsync("reset:start +a1 +a2 -a1 -a2");
        fixture.Simulator.Faults.Clear();
        await stream.StoryAsync("reset:start +a1 +a2 -a1 -a2 +a1 +a2");
        await stream.UntilAsync(events => events.Last(e => e.Name is "degraded" or "live").Name == "live", "live again");
    }

    [Fact]
    public async Task One_caller_may_have_so_many_open_and_others_notice_nothing()
    {
        await using var fixture = await AccessFixture.StartAsync(new AccessOptions { Mode = AuthMode.Kubernetes, MaxOpenPerCaller = 2 });
        await using var first = await fixture.StreamAsync("anna-token");
        var second = await fixture.StreamAsync("anna-token", "api/v1/secrets/stream");

        var (status, body) = await fixture.GetAsync("api/v1/pods", "anna-token");
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.Contains("2 requests and streams open", (string)body["error"]!, StringComparison.Ordinal);
        Assert.Equal("b1", await fixture.NamesAsync("api/v1/pods", "ben-token"));

        await second.DisposeAsync();
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync("api/v1/pods", "anna-token")).Status == HttpStatusCode.OK,
            "a stream that is closed makes room"
        );
    }

    [Fact]
    public async Task A_browser_is_asked_to_sign_in_and_shown_nothing_before()
    {
        await using var fixture = await AccessFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, fixture.Gateway.Url);
        request.Headers.TryAddWithoutValidation("Accept", "text/html,application/xhtml+xml");
        using var response = await fixture.Inner.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains(
            "Sign in",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        using var page = await fixture.SendAsync("", "anna-token");
        Assert.Contains(
            "EventSource",
            await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }
}
