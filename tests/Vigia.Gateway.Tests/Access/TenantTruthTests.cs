using System.Text.Json.Nodes;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// Every surface against <c>kubectl auth can-i</c>: what it says no to is nowhere, what it says yes to is there. On the
/// simulator, and where <c>VIGIA_REAL_KUBECONFIG</c> names a kubeconfig on a real server.
/// </summary>
public sealed class TenantTruthTests
{
    private static readonly (string Name, string Api)[] Resources =
    [
        ("pods", "pods"),
        ("configmaps", "configmaps"),
        ("secrets", "secrets"),
        ("services", "services"),
        ("replicasets", "replicasets.apps"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lists_streams_statistics_objects_relations_and_metrics_show_what_kubectl_says(bool real)
    {
        var kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
        Assert.SkipWhen(real && string.IsNullOrEmpty(kubeconfig), "VIGIA_REAL_KUBECONFIG names no kubeconfig");
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, "kubectl"))),
            "kubectl is not installed (Debian's package kubernetes-client)"
        );
        await using var world = await TenantWorld.StartAsync(real ? kubeconfig : null);

        var seen = 0;
        foreach (var user in TenantWorld.Users)
        {
            var (status, stats) = await world.GetAsync(user, "api/v1/stats/overview");
            Assert.Equal(200, status);
            foreach (var (name, api) in Resources)
            {
                var wanted = await WantedAsync(world, user, api, "list");
                var (listStatus, list) = await world.GetAsync(user, $"api/v1/{name}?search=vigia-tenant&limit=500");
                var listed = listStatus == 200 ? Ours(list["items"]!.AsArray()) : [];
                Assert.True(
                    wanted.SequenceEqual(listed),
                    $"{user} lists {name}: {string.Join(' ', listed)}, and kubectl says {string.Join(' ', wanted)} ({listStatus})"
                );

                var counted =
                    stats["resources"]
                        ?[name]?["byNamespace"]?.AsObject()
                        .Where(pair => TenantWorld.IsOurs(pair.Key))
                        .ToDictionary(pair => pair.Key, pair => (int)pair.Value!)
                    ?? [];
                Assert.True(
                    wanted.GroupBy(key => key.Split('/')[0]).All(group => counted.GetValueOrDefault(group.Key) == group.Count())
                        && counted.Count == wanted.Select(key => key.Split('/')[0]).Distinct().Count(),
                    $"{user} counts {name}: {stats["resources"]?[name]}, and kubectl says {string.Join(' ', wanted)}"
                );

                var streamable = (await WantedAsync(world, user, api, "watch")).Intersect(wanted).ToArray();
                var streamed = await world.StreamAsync(user, name) ?? [];
                Assert.True(
                    streamable.SequenceEqual(streamed),
                    $"{user} streams {name}: {string.Join(' ', streamed)}, and kubectl says {string.Join(' ', streamable)}"
                );
                seen += listed.Length + streamed.Count;
            }

            await ObjectsAsync(world, user);
            await MetricsAsync(world, user);
        }

        Assert.True(seen > 30, $"only {seen} objects were seen: nothing was compared");
    }

    /// <summary>Single objects, and what is related to them.</summary>
    private static async Task ObjectsAsync(TenantWorld world, string user)
    {
        foreach (var (name, api) in Resources)
        {
            foreach (
                var item in (await world.GetAsync("admin", $"api/v1/{name}?search=vigia-tenant&limit=500")).Body["items"]!
                    .AsArray()
                    .Where(item => TenantWorld.IsOurs((string?)item!["namespace"]))
            )
            {
                var (ns, uid, called) = ((string)item!["namespace"]!, (string)item["uid"]!, $"{item["namespace"]}/{item["name"]}");
                var may = await world.CanAsync(user, "get", api, ns) || await world.CanAsync(user, "list", api, ns);
                var (status, _) = await world.GetAsync(user, $"api/v1/{name}/{uid}");
                Assert.True(
                    status == (await world.CanAsync(user, "get", api, ns) ? 200 : 404),
                    $"{user} gets {name} {called}: {status}, and kubectl says {await world.CanAsync(user, "get", api, ns)}"
                );

                var all = Related((await world.GetAsync("admin", $"api/v1/{name}/{uid}/related?depth=1")).Body, uid);
                var (relatedStatus, related) = await world.GetAsync(user, $"api/v1/{name}/{uid}/related?depth=1");
                Assert.True(
                    relatedStatus == (may ? 200 : 404),
                    $"{user} asks what is related to {name} {called}: {relatedStatus}, and kubectl says {may}"
                );
                if (!may)
                {
                    continue;
                }

                var wanted = new List<string>();
                foreach (var key in all)
                {
                    var (resource, of) = (key.Split(' ')[0], key.Split(' ')[1].Split('/')[0]);
                    if (await world.CanAsync(user, "list", resource == "replicasets" ? "replicasets.apps" : resource, of))
                    {
                        wanted.Add(key);
                    }
                }

                var found = Related(related, uid);
                Assert.True(
                    wanted.SequenceEqual(found),
                    $"{user} sees related to {name} {called}: {string.Join(", ", found)}, and kubectl says {string.Join(", ", wanted)}"
                );
            }
        }
    }

    /// <summary>The path by its own right; what is said of a resource only to those who may list all of it.</summary>
    private static async Task MetricsAsync(TenantWorld world, string user)
    {
        var (status, text) = await world.TextAsync(user, "metrics");
        Assert.True(status == (await world.CanAsync(user, "get", "/metrics") ? 200 : 403), $"{user} gets /metrics: {status}");
        foreach (var (name, api) in Resources)
        {
            var told = status == 200 && text.Contains($"resource=\"{name}\"", StringComparison.Ordinal);
            Assert.True(
                told == (status == 200 && await world.CanAsync(user, "list", api)),
                $"{user} is told of {name} in /metrics: {told}"
            );
        }
    }

    private static async Task<string[]> WantedAsync(TenantWorld world, string user, string api, string verb)
    {
        var wanted = new List<string>();
        foreach (var ns in new[] { TenantWorld.A, TenantWorld.B })
        {
            if (await world.CanAsync(user, verb, api, ns))
            {
                wanted.AddRange(
                    Ours((await world.GetAsync("admin", $"api/v1/namespace/{ns}/{api.Split('.')[0]}?limit=500")).Body["items"]!.AsArray())
                );
            }
        }

        return [.. wanted.Order(StringComparer.Ordinal)];
    }

    private static string[] Ours(JsonArray items) =>
        [
            .. items
                .Where(item => TenantWorld.IsOurs((string?)item!["namespace"]))
                .Select(item => $"{item!["namespace"]}/{item["name"]}")
                .Order(StringComparer.Ordinal),
        ];

    private static string[] Related(JsonObject graph, string root) =>
        [
            .. graph["nodes"]!
                .AsArray()
                .Where(node =>
                    (string?)node!["uid"] != root
                    && TenantWorld.IsOurs((string?)node["namespace"])
                    && (string?)node["resource"] is "pods" or "configmaps" or "secrets" or "services" or "replicasets"
                )
                .Select(node => $"{node!["resource"]} {node["namespace"]}/{node["name"]}")
                .Order(StringComparer.Ordinal),
        ];
}
