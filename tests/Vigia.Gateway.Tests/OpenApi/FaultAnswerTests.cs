using Vigia.Gateway.Access;
using Vigia.Gateway.Http;
using Vigia.Gateway.Tests.Access;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>Every status of an error that the document has, brought about and held against it.</summary>
public sealed class FaultAnswerTests
{
    [Fact]
    public async Task What_is_asked_wrongly_is_told_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/deployments")).Status == System.Net.HttpStatusCode.OK,
            "deployments are loaded"
        );
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        (int Status, string Path, string Url)[] wrong =
        [
            (400, "/api/v1/pods", "/api/v1/pods?limit=0"),
            (400, "/api/v1/pods", "/api/v1/pods?sort=nothing"),
            (400, "/api/v1/{resource}", "/api/v1/po?labelSelector=app+in"),
            (404, "/api/v1/{resource}", "/api/v1/nothing"),
            (404, "/api/v1/pods", "/api/v1/pods?cluster=elsewhere"),
            (404, "/api/v1/pods/{uid}", "/api/v1/pods/none"),
            (404, "/api/v1/{resource}/{uid}", "/api/v1/nothing/none"),
            (400, "/api/v1/{resource}/{uid}/related", "/api/v1/pods/none/related?depth=99"),
            (404, "/api/v1/{resource}/{uid}/related", "/api/v1/pods/none/related"),
            (400, "/api/v1/stream", "/api/v1/stream"),
            (400, "/api/v1/pods/stream", "/api/v1/pods/stream?cursor=none"),
            (400, "/api/v1/pods/stream", "/api/v1/pods/stream?shape=round"),
            (404, "/api/v1/{resource}/stream", "/api/v1/nothing/stream"),
            (400, "/api/v1/events/stream", "/api/v1/events/stream?since=yesterday"),
            (404, "/api/v1/stats/overview", "/api/v1/stats/overview?cluster=elsewhere"),
            (400, "/events/ide", "/events/ide?project=default&kind=abacus"),
            (400, "/events/clusters", "/events/clusters"),
            (426, "/api/v1/ws", "/api/v1/ws"),
            (426, "/api/wds/logs", "/api/wds/logs"),
            (404, "/api/wds/logs", "/api/wds/logs?cluster=elsewhere"),
            (404, "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/nothing"),
            (404, "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/elsewhere/api/v1/pods"),
            (400, "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/pods?labelSelector=app+in"),
            (504, "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/pods?resourceVersion=999999999"),
            (404, "/kubernetes/{cluster}/apis/{group}/{version}", "/kubernetes/sim/apis/none/v1"),
            (
                404,
                "/kubernetes/{cluster}/api/v1/namespaces/{namespace}/{resource}/{name}",
                "/kubernetes/sim/api/v1/namespaces/default/pods/none"
            ),
        ];
        foreach (var (status, path, url) in wrong)
        {
            var (answered, body) = await answers.AskAsync(path, url);
            Assert.True(answered == status, $"{url}: {answered} {body}");
        }

        var (origin, _) = await answers.AskAsync(
            "/api/v1/pods",
            "/api/v1/pods",
            with: request => request.Headers.TryAddWithoutValidation("Origin", "https://elsewhere.example.org")
        );
        Assert.Equal(403, origin);
        var (form, _) = await answers.AskAsync(
            "/kubernetes/{cluster}/api/v1/{resource}",
            "/kubernetes/sim/api/v1/pods",
            accept: "application/vnd.kubernetes.protobuf"
        );
        Assert.Equal(406, form);
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task Watches_and_tables_of_Kubernetes_clients_are_as_described()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync();
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        const string Path = "/kubernetes/{cluster}/api/v1/{resource}";
        const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";
        Assert.Contains(
            "columnDefinitions",
            (await answers.AskAsync(Path, "/kubernetes/sim/api/v1/pods", accept: Table)).Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "PartialObjectMetadataList",
            (
                await answers.AskAsync(
                    Path,
                    "/kubernetes/sim/api/v1/pods",
                    accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
                )
            ).Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "initial-events-end",
            (
                await answers.AskAsync(
                    Path,
                    "/kubernetes/sim/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&"
                        + "allowWatchBookmarks=true&timeoutSeconds=1"
                )
            ).Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "ADDED",
            (await answers.AskAsync(Path, "/kubernetes/sim/api/v1/pods?watch=true&timeoutSeconds=1", accept: Table)).Body,
            StringComparison.Ordinal
        );

        // A revision from before all that is remembered: the watch ends with an error, and clients relist.
        Assert.Contains(
            "410",
            (await answers.AskAsync(Path, "/kubernetes/sim/api/v1/pods?watch=true&resourceVersion=1&timeoutSeconds=1")).Body,
            StringComparison.Ordinal
        );
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task Who_may_not_is_told_as_described()
    {
        Validators.Require();
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(1),
                MaxTicketsPerCaller = 1,
            }
        );
        var answers = new Answers(
            fixture.Inner.Http,
            fixture.Gateway,
            await Validators.DocumentAsync(fixture.Inner.Http, fixture.Gateway, "anna-token")
        );
        (int Status, string Method, string Path, string Url, string? Token)[] refused =
        [
            (401, "get", "/api/v1/pods", "/api/v1/pods", null),
            (401, "get", "/api/v1/pods", "/api/v1/pods", "nobody"),
            (400, "get", "/api/v1/pods", "/api/v1/pods?token=x", "anna-token"),
            (403, "get", "/api/v1/nodes", "/api/v1/nodes", "anna-token"),
            (403, "get", "/api/v1/namespace/{ns}/pods", "/api/v1/namespace/team-b/pods", "anna-token"),
            (403, "get", "/metrics", "/metrics", "anna-token"),
            (401, "get", "/api/v1/pods/stream", "/api/v1/pods/stream?ticket=made-up", null),
            (403, "get", "/api/v1/pods/stream", "/api/v1/pods/stream?namespace=team-b", "anna-token"),
            (401, "get", "/api/v1/ws", "/api/v1/ws", null),
            (401, "get", "/openapi/v1.json", "/openapi/v1.json", null),
            (401, "get", "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/pods", null),
            (403, "get", "/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/nodes", "anna-token"),
            (201, "post", "/api/v1/tickets", "/api/v1/tickets?for=/api/v1/pods/stream", "anna-token"),
            (429, "post", "/api/v1/tickets", "/api/v1/tickets?for=/api/v1/pods/stream", "anna-token"),
        ];
        foreach (var (status, method, path, url, token) in refused)
        {
            var (answered, body) = await answers.AskAsync(path, url, method, token);
            Assert.True(answered == status, $"{method} {url}: {answered} {body}");
        }

        // The cluster is away: who asks cannot be found out.
        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            async () => (await answers.AskAsync("/api/v1/pods", "/api/v1/pods", token: "ben-token")).Status == 503,
            "access cannot be checked"
        );
        await answers.JudgeAsync();
    }

    [Fact]
    public async Task What_is_too_much_or_not_there_yet_is_told_as_described()
    {
        Validators.Require();
        var rules = new PolicyRule
        {
            Verbs = ["list", "watch", "get"],
            ApiGroups = [""],
            Resources = ["pods", "namespaces"],
        };
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions
            {
                Users =
                [
                    new SimulatedUser
                    {
                        Name = "few",
                        Token = "few",
                        Rules = [rules],
                    },
                ],
                AnonymousRules = [],
            }
        );
        fixture.Put("a");
        var gateway = await fixture.GatewayAsync(token: "few", streams: new StreamOptions { MaxStreamsPerCaller = 1 });
        var crowded = await fixture.GatewayAsync(token: "few", streams: new StreamOptions { MaxStreams = 0 });
        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        await Eventually.TrueAsync(
            async () =>
                (await answers.AskAsync("/api/v1/deployments", "/api/v1/deployments")).Body.Contains(
                    "Denied by the cluster",
                    StringComparison.Ordinal
                ),
            "deployments are denied to the gateway"
        );
        await Eventually.TrueAsync(
            async () => (await answers.AskAsync("/events/clusters", "/events/clusters?project=default")).Status is 500 or 404,
            "the watch cannot be started"
        );
        await using var stream = await fixture.OpenAsync(gateway);
        Assert.Equal(429, (await answers.AskAsync("/api/v1/pods/stream", "/api/v1/pods/stream")).Status);
        Assert.Equal(
            429,
            (await answers.AskAsync("/kubernetes/{cluster}/api/v1/{resource}", "/kubernetes/sim/api/v1/pods?watch=true")).Status
        );

        var others = new Answers(fixture.Http, crowded, await Validators.DocumentAsync(fixture.Http, crowded));
        Assert.Equal(503, (await others.AskAsync("/api/v1/pods/stream", "/api/v1/pods/stream")).Status);
        await answers.JudgeAsync();
        await others.JudgeAsync();
    }
}
