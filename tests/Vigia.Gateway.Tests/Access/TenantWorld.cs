using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>
/// Two tenants and an admin, the same objects in a namespace of each tenant, and a gateway that asks the cluster; on
/// the simulator, or on a real server. What is right is what <c>kubectl auth can-i</c> says.
/// </summary>
internal sealed class TenantWorld : IAsyncDisposable
{
    public const string A = "vigia-tenant-a";
    public const string B = "vigia-tenant-b";
    public static readonly string[] Users = ["admin", "vigia-anna", "vigia-ben"];

    // What each may do, as RBAC has it: of one resource more than of another, so that no two answers are the same by
    // chance.
    private static readonly (string User, string Namespace, string[] Verbs, string Group, string[] Resources)[] Grants =
    [
        ("vigia-anna", A, ["get", "list", "watch"], "", ["pods", "configmaps", "services"]),
        ("vigia-anna", A, ["list"], "apps", ["replicasets"]),
        ("vigia-ben", B, ["get", "list", "watch"], "", ["pods", "secrets"]),
        ("vigia-ben", B, ["get", "list", "watch"], "apps", ["replicasets"]),
        ("vigia-ben", A, ["get"], "", ["pods"]),
        ("vigia-ben", A, ["list"], "", ["services"]),
    ];

    private readonly KubernetesClient _admin;
    private readonly VigiaSimulator? _simulator;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tenants-");
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _answers = new(StringComparer.Ordinal);

    private TenantWorld(KubernetesClient admin, VigiaSimulator? simulator) => (_admin, _simulator) = (admin, simulator);

    public GatewayServer Gateway { get; private set; } = null!;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Starts it.</summary>
    /// <param name="kubeconfig">A real server's, with the context <c>admin</c>; null for the simulator.</param>
    public static async Task<TenantWorld> StartAsync(string? kubeconfig)
    {
        VigiaSimulator? simulator = null;
        if (kubeconfig is null)
        {
            simulator = await VigiaSimulator.StartAsync(
                new SimulatorOptions
                {
                    Tls = true, // over plain http kubectl sends no token
                    AnonymousRules = [],
                    Users =
                    [
                        SimulatedUser.Admin,
                        .. Grants
                            .GroupBy(grant => grant.User)
                            .Select(user => new SimulatedUser
                            {
                                Name = user.Key,
                                Token = user.Key + "-token",
                                Rules =
                                [
                                    .. user.Select(grant => new PolicyRule
                                    {
                                        Verbs = grant.Verbs,
                                        ApiGroups = [grant.Group],
                                        Resources = grant.Resources,
                                        Namespaces = [grant.Namespace],
                                    }),
                                ],
                            }),
                    ],
                }
            );
        }

        var configuration = simulator?.Configuration("admin") ?? KubeconfigLoader.Load(kubeconfig, "admin");
        var world = new TenantWorld(new KubernetesClient(configuration), simulator);
        try
        {
            await world.PopulateAsync();
            world.Gateway = await GatewayServer.StartAsync(
                new GatewayOptions
                {
                    Listen = new Uri("http://127.0.0.1:0"),
                    Clusters = [new KubernetesClusterSource(world._admin)],
                    Access = new AccessOptions { Mode = AuthMode.Kubernetes },
                },
                TestContext.Current.CancellationToken
            );
            await Eventually.TrueAsync(
                async () =>
                    (await world.GetAsync("admin", "api/v1/secrets")).Status == 200
                    && (
                        await world.CountAsync("pods"),
                        await world.CountAsync("replicasets"),
                        await world.CountAsync("services"),
                        await world.CountAsync("configmaps") >= 2
                    ) == (2, 2, 2, true),
                "what is compared is there",
                TimeSpan.FromSeconds(30)
            );
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>What <c>kubectl auth can-i</c> says; null for all namespaces.</summary>
    public async Task<bool> CanAsync(string user, string verb, string resource, string? ns = null, string? name = null)
    {
        var question = $"{user} {verb} {resource} {ns} {name}";
        if (!_answers.TryGetValue(question, out var answer))
        {
            string[] arguments =
            [
                "--kubeconfig",
                Kubeconfig(user),
                "auth",
                "can-i",
                verb,
                name is null ? resource : $"{resource}/{name}",
                .. resource.StartsWith('/') ? Array.Empty<string>()
                : ns is null ? ["--all-namespaces"]
                : ["-n", ns],
            ];
            using var kubectl = Process.Start(
                new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var error = kubectl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var said = (await kubectl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();
            await kubectl.WaitForExitAsync(TestContext.Current.CancellationToken);
            _answers[question] = answer = said switch
            {
                "yes" => true,
                "no" => false,
                _ => throw new InvalidOperationException($"kubectl auth can-i {question}: {said} {await error}"),
            };
        }

        return answer;
    }

    public async Task<(int Status, JsonObject Body)> GetAsync(string user, string path)
    {
        var (status, text) = await TextAsync(user, path);
        return (status, JsonNode.Parse(text)!.AsObject());
    }

    public async Task<(int Status, string Text)> TextAsync(string user, string path)
    {
        using var request = Request(user, path);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>
    /// A stream's events until it is synced, as objects of the two namespaces; null where it was refused.
    /// </summary>
    public async Task<IReadOnlyList<string>?> StreamAsync(string user, string resource)
    {
        using var request = Request(user, $"api/v1/{resource}/stream");
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            Assert.Equal(403, (int)response.StatusCode);
            return null;
        }

        var found = new List<string>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var parser = System.Net.ServerSentEvents.SseParser.Create(await response.Content.ReadAsStreamAsync(patience.Token));
        await foreach (var item in parser.EnumerateAsync(patience.Token))
        {
            if (item.EventType == "synced")
            {
                break;
            }

            if (item.EventType == "added" && JsonNode.Parse(item.Data) is { } line && IsOurs((string?)line["namespace"]))
            {
                found.Add($"{line["namespace"]}/{line["name"]}");
            }
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    private async Task<int> CountAsync(string resource) =>
        (await GetAsync("admin", "api/v1/stats/overview"))
            .Body["resources"]
            ?[resource]?["byNamespace"]?.AsObject()
            .Where(pair => IsOurs(pair.Key))
            .Sum(pair => (int)pair.Value!)
        ?? 0;

    public static bool IsOurs(string? ns) => ns is A or B;

    public async ValueTask DisposeAsync()
    {
        if (Gateway is not null)
        {
            await Gateway.DisposeAsync();
        }

        if (_simulator is null)
        {
            foreach (var ns in new[] { A, B })
            {
                await SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}", "{}");
            }
        }

        Http.Dispose();
        await _admin.DisposeAsync();
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private HttpRequestMessage Request(string user, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Gateway.Url, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _tokens[user]);
        return request;
    }

    private string Kubeconfig(string user)
    {
        var path = Path.Combine(_folder.FullName, user);
        if (!File.Exists(path))
        {
            File.WriteAllText(
                path,
                $$"""
                apiVersion: v1
                kind: Config
                current-context: c
                clusters: [{name: c, cluster: {server: "{{_admin.Configuration.Server.GetLeftPart(UriPartial.Authority)}}"{{(
                    _admin.Configuration.Server.Scheme == "https" ? ", insecure-skip-tls-verify: true" : ""
                )}} } }]
                contexts: [{name: c, context: {cluster: c, user: u} }]
                users: [{name: u, user: {token: {{_tokens[user]}} } }]
                """
            );
        }

        return path;
    }

    private async Task PopulateAsync()
    {
        foreach (var ns in new[] { A, B })
        {
            await Eventually.TrueAsync(
                async () => await SendAsync(HttpMethod.Post, "/api/v1/namespaces", $"{{\"metadata\":{{\"name\":\"{ns}\"}}}}") is not null,
                $"{ns} is made (one of an earlier run may be ending)",
                TimeSpan.FromSeconds(60)
            );
        }

        _tokens["admin"] = "admin-token";
        if (_simulator is null)
        {
            await GrantAsync();
        }
        else
        {
            (_tokens["vigia-anna"], _tokens["vigia-ben"]) = ("vigia-anna-token", "vigia-ben-token");
        }

        foreach (var ns in new[] { A, B })
        {
            await SendAsync(
                HttpMethod.Post,
                $"/api/v1/namespaces/{ns}/configmaps",
                """{"metadata":{"name":"settings"},"data":{"a":"b"}}"""
            );
            await SendAsync(
                HttpMethod.Post,
                $"/api/v1/namespaces/{ns}/secrets",
                """{"metadata":{"name":"password"},"data":{"a":"Yg=="}}"""
            );
            await SendAsync(
                HttpMethod.Post,
                $"/api/v1/namespaces/{ns}/services",
                """{"metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}"""
            );
            const string Spec =
                """{"automountServiceAccountToken":false,"containers":[{"name":"app","image":"nginx","envFrom":[{"configMapRef":"""
                + """{"name":"settings"}},{"secretRef":{"name":"password"}}]}]}""";
            var set = JsonNode.Parse(
                (
                    await SendAsync(
                        HttpMethod.Post,
                        $"/apis/apps/v1/namespaces/{ns}/replicasets",
                        """
                        {"metadata":{"name":"web","labels":{"app":"web"}},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},
                        "template":{"metadata":{"labels":{"app":"web"}},"spec":SPEC}}}
                        """.Replace("SPEC", Spec, StringComparison.Ordinal)
                    )
                )!
            )!;

            // A real server has a controller that makes the pod.
            if (_simulator is not null)
            {
                await SendAsync(
                    HttpMethod.Post,
                    $"/api/v1/namespaces/{ns}/pods",
                    """
                    {"metadata":{"name":"web-1","labels":{"app":"web"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet",
                    "name":"web","uid":"UID","controller":true}]},"spec":SPEC}
                    """.Replace("UID", (string?)set["metadata"]!["uid"], StringComparison.Ordinal).Replace(
                        "SPEC",
                        Spec,
                        StringComparison.Ordinal
                    )
                );
            }
        }
    }

    /// <summary>On a real server the tenants are service accounts, and their rights are RBAC's.</summary>
    private async Task GrantAsync()
    {
        foreach (var user in Users[1..])
        {
            await SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{A}/serviceaccounts", $"{{\"metadata\":{{\"name\":\"{user}\"}}}}");
            var answer = await SendAsync(
                HttpMethod.Post,
                $"/api/v1/namespaces/{A}/serviceaccounts/{user}/token",
                "{\"spec\":{\"expirationSeconds\":3600}}"
            );
            _tokens[user] = (string)JsonNode.Parse(answer!)!["status"]!["token"]!;
        }

        foreach (var ((user, ns, verbs, group, resources), i) in Grants.Select((grant, i) => (grant, i)))
        {
            var role = new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"grant-{i}" },
                ["rules"] = new JsonArray(
                    new JsonObject
                    {
                        ["apiGroups"] = new JsonArray(group),
                        ["resources"] = Array(resources),
                        ["verbs"] = Array(verbs),
                    }
                ),
            };
            await SendAsync(HttpMethod.Post, $"/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles", role.ToJsonString());
            var binding = new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"grant-{i}" },
                ["roleRef"] = new JsonObject
                {
                    ["apiGroup"] = "rbac.authorization.k8s.io",
                    ["kind"] = "Role",
                    ["name"] = $"grant-{i}",
                },
                ["subjects"] = new JsonArray(
                    new JsonObject
                    {
                        ["kind"] = "ServiceAccount",
                        ["name"] = user,
                        ["namespace"] = A,
                    }
                ),
            };
            await SendAsync(HttpMethod.Post, $"/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings", binding.ToJsonString());
        }

        static JsonArray Array(string[] values) => [.. values.Select(value => (JsonNode)value)];
    }

    /// <summary>
    /// The answer; null where the server refused for a moment (an object of that name is there, or its namespace is
    /// ending).
    /// </summary>
    private async Task<string?> SendAsync(HttpMethod method, string path, string json)
    {
        try
        {
            return Encoding.UTF8.GetString(await _admin.SendBytesAsync(method, path, Encoding.UTF8.GetBytes(json)));
        }
        catch (KubernetesApiException refused) when (refused.IsConflict || (refused.IsNotFound && method == HttpMethod.Delete))
        {
            return null;
        }
    }
}
