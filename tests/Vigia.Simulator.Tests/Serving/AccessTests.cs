namespace Vigia.Simulator.Tests.Serving;

public sealed class AccessTests
{
    [Fact]
    public async Task A_limited_user_is_told_which_right_is_missing()
    {
        await using var fixture = await Fixture.StartAsync();

        await fixture.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods", null, 200, token: "limited-token");
        var refused = await fixture.SendAsync(HttpMethod.Get, "/api/v1/pods", null, 403, token: "limited-token");
        Assert.Equal(
            "pods is forbidden: User \"limited\" cannot list resource \"pods\" in API group \"\" at the cluster scope",
            (string?)refused["message"]
        );
        var other = await fixture.SendAsync(
            HttpMethod.Get,
            "/apis/apps/v1/namespaces/default/deployments/x",
            null,
            403,
            token: "limited-token"
        );
        Assert.Equal(
            "deployments.apps \"x\" is forbidden: User \"limited\" cannot get resource \"deployments\" in API group \"apps\" in the "
                + "namespace \"default\"",
            (string?)other["message"]
        );
        await fixture.SendAsync(HttpMethod.Get, "/api/v1/pods", null, 401, token: "no-such-token");
    }

    [Fact]
    public async Task Reviews_answer_who_a_token_is_and_what_a_user_may()
    {
        await using var fixture = await Fixture.StartAsync();
        var token = await fixture.SendAsync(
            HttpMethod.Post,
            "/apis/authentication.k8s.io/v1/tokenreviews",
            """{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"limited-token"}}""",
            201
        );
        Assert.Equal("limited", (string?)token["status"]!["user"]!["username"]);

        async Task<bool> MayAsync(string ns) =>
            (bool)
                (
                    await fixture.SendAsync(
                        HttpMethod.Post,
                        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                        "{\"spec\":{\"user\":\"limited\",\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\",\"namespace\":\""
                            + ns
                            + "\"}}}",
                        201
                    )
                )["status"]!["allowed"]!;
        Assert.True(await MayAsync("default"));
        Assert.False(await MayAsync("kube-system"));
    }
}
