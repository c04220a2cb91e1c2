using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>
/// The document against what the gateway really says: every answer is validated, and a member that is not described is
/// a fault.
/// </summary>
public sealed class AnswerTests
{
    [Fact]
    public async Task Every_GET_answers_as_the_document_says()
    {
        Validators.Require();
        await using var fixture = await GatewayFixture.StartAsync();
        await using var cluster = new SimulatedCluster(
            fixture.Simulator.Store,
            new SimulatedClusterOptions
            {
                Pods = 60,
                Nodes = 3,
                Rate = 0,
            }
        );
        cluster.Seed();
        await fixture.Simulator.Objects.CreateAsync(
            CustomResourceTests.Definition("example.com", "{name: Size, type: integer, jsonPath: .spec.size}")
        );
        await fixture.Simulator.Objects.CreateAsync(CustomResourceTests.Widget("example.com", "w1", 3));
        var gateway = await fixture.GatewayAsync();
        await Eventually.TrueAsync(
            async () => (await fixture.GetAsync(gateway, "api/v1/widgets.example.com")).Status == System.Net.HttpStatusCode.OK,
            "the custom resource is served"
        );
        foreach (var entry in gateway.Clusters.Catalog.Entries)
        {
            await Eventually.TrueAsync(
                async () => (await fixture.GetAsync(gateway, $"api/v1/{entry.Name}?limit=1")).Status == System.Net.HttpStatusCode.OK,
                $"{entry.Name} are loaded",
                TimeSpan.FromSeconds(30)
            );
        }

        var answers = new Answers(fixture.Http, gateway, await Validators.DocumentAsync(fixture.Http, gateway));
        Assert.NotNull(answers.Paths["/api/v1/widgets.example.com"]);

        foreach (var (path, item) in answers.Paths)
        {
            if (item!["get"] is not { } operation)
            {
                continue;
            }

            foreach (var url in await UrlsAsync(fixture, gateway, path, operation.AsObject()))
            {
                if (operation["responses"]!["101"] is not null)
                {
                    await answers.AskAsync(path, url);
                }
                else if (operation["responses"]!["200"]!["content"]!["text/event-stream"] is not null)
                {
                    await using var stream = await fixture.OpenAsync(gateway, url[1..]);
                    await stream.SyncedAsync();
                    answers.Hear(path, stream.Events);
                }
                else
                {
                    // What can be had as a text and as JSON is asked for as both.
                    foreach (var accept in operation["responses"]!["200"]!["content"]!.AsObject().Select(content => content.Key))
                    {
                        var (status, body) = await answers.AskAsync(path, url, accept: accept);
                        Assert.True(status == 200, $"{url}: {status} {body}");
                    }
                }
            }
        }

        await answers.JudgeAsync();
        Assert.True(answers.Count > 500, $"only {answers.Count} answers");
    }

    /// <summary>
    /// What a path is asked with: the resource in the path, or some; the uid of an object that is there.
    /// </summary>
    private static async Task<IEnumerable<string>> UrlsAsync(
        GatewayFixture fixture,
        GatewayServer gateway,
        string path,
        JsonObject operation
    )
    {
        if (
            path.Contains("{namespace}", StringComparison.Ordinal)
            || path.StartsWith("/kubernetes", StringComparison.Ordinal)
            || path.StartsWith("/apis", StringComparison.Ordinal)
        )
        {
            return await KubernetesAsync(fixture, gateway, path);
        }

        var urls = new List<string>();
        foreach (
            var resource in path.Contains("{resource}", StringComparison.Ordinal) ? ["pods", "deploy", "nodes", "widgets"] : new[] { "" }
        )
        {
            var url = path.Replace("{resource}", resource, StringComparison.Ordinal);
            if (url.Contains("{uid}", StringComparison.Ordinal))
            {
                var name = url.Split('/')[3];
                var first = (await fixture.GetAsync(gateway, $"api/v1/{name}?limit=1")).Body["items"]!.AsArray().FirstOrDefault();
                if (first is null)
                {
                    continue;
                }

                url = url.Replace("{uid}", (string)first["uid"]!, StringComparison.Ordinal);
            }

            urls.Add(DocumentTests.Filled(url.Replace("{ns}", "team-search", StringComparison.Ordinal), operation));
        }

        return urls;
    }

    private static async Task<IEnumerable<string>> KubernetesAsync(GatewayFixture fixture, GatewayServer gateway, string path)
    {
        var isCore = path.Contains("/api/", StringComparison.Ordinal);
        var resource = isCore ? "pods" : "deployments";
        if (path.Contains("{name}", StringComparison.Ordinal) && !path.Contains("{namespace}", StringComparison.Ordinal))
        {
            if (!isCore)
            {
                return [];
            }

            resource = "nodes";
        }

        var first = (await fixture.GetAsync(gateway, $"api/v1/{resource}?limit=1")).Body["items"]![0]!;
        return
        [
            path.Replace("{cluster}", "sim", StringComparison.Ordinal)
                .Replace("{group}", "apps", StringComparison.Ordinal)
                .Replace("{version}", "v1", StringComparison.Ordinal)
                .Replace("{namespace}", (string)first["namespace"]!, StringComparison.Ordinal)
                .Replace("{resource}", resource, StringComparison.Ordinal)
                .Replace("{name}", (string)first["name"]!, StringComparison.Ordinal),
        ];
    }
}
