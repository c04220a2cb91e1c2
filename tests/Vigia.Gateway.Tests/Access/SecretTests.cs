using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// The values of Secrets are nowhere: not in what is held, not in what is sent, for any caller, and neither in the
/// copies that tools leave in annotations.
/// </summary>
public sealed class SecretTests
{
    private const string Value = "c3VwZXItc2VjcmV0LXZhbHVl";
    private static readonly GroupVersionResource Secrets = new("", "v1", "secrets");

    [Fact]
    public async Task Values_of_secrets_are_neither_held_nor_sent()
    {
        await using var fixture = await AccessFixture.StartAsync();
        Put(fixture, "applied");
        await using var stream = await fixture.StreamAsync("anna-token", "api/v1/secrets/stream?shape=full&namespace=team-a");
        await stream.SyncedAsync();
        Put(fixture, "later");
        await stream.StoryAsync("reset:start +applied +later");

        var sent = new StringBuilder(string.Concat(stream.Events.Select(e => e.Data.ToJsonString())));
        var (_, list) = await fixture.GetAsync("api/v1/secrets", "anna-token");
        sent.Append(list.ToJsonString());
        foreach (var item in list["items"]!.AsArray())
        {
            sent.Append((await fixture.GetAsync($"api/v1/secrets/{(string)item!["uid"]!}", "admin-token")).Body.ToJsonString());
        }

        foreach (var path in new[] { "api/v1/namespaces/team-a/secrets", "api/v1/namespaces/team-a/secrets/applied" })
        {
            sent.Append((await fixture.GetAsync(path, "admin-token")).Body.ToJsonString());
        }

        Assert.Contains("applied", sent.ToString(), StringComparison.Ordinal);
        Assert.Contains("kept", sent.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Value, sent.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"kubectl.kubernetes.io/last-applied-configuration\":\"\"", sent.ToString(), StringComparison.Ordinal);

        var held = fixture.Gateway.Clusters.Sessions[0].Find("secrets")!.Informer!.Store.List();
        Assert.Equal(2, held.Count);
        foreach (var o in held)
        {
            using var body = o.Open();
            Assert.DoesNotContain(Value, Encoding.UTF8.GetString(body.Span), StringComparison.Ordinal);
        }
    }

    private static void Put(AccessFixture fixture, string name) =>
        fixture.Simulator.Store.Create(
            Secrets,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = "team-a",
                    ["annotations"] = new JsonObject
                    {
                        ["kubectl.kubernetes.io/last-applied-configuration"] =
                            $"{{\"kind\":\"Secret\",\"data\":{{\"password\":\"{Value}\"}}}}",
                        ["helm.sh/hook"] = "kept",
                        ["custom/yaml"] = $"data:\n  password: {Value}\n",
                    },
                },
                ["data"] = new JsonObject { ["password"] = Value },
            },
            "test"
        );
}
