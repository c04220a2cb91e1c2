using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Vigia.Gateway.Access;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Endpoints.Metrics;
using Vigia.Gateway.Hosting;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>A cluster with two tenants and an admin, and a gateway that asks it who may see what.</summary>
internal sealed class AccessFixture : IAsyncDisposable
{
    private static readonly GroupVersionResource Namespaces = new("", "v1", "namespaces");

    private readonly List<IAsyncDisposable> _owned = [];

    private AccessFixture(GatewayFixture inner) => Inner = inner;

    public static SimulatedUser Anna { get; } = Tenant("anna", "team-a");

    public static SimulatedUser Ben { get; } = Tenant("ben", "team-b");

    public GatewayFixture Inner { get; }

    public VigiaSimulator Simulator => Inner.Simulator;

    public GatewayServer Gateway { get; private set; } = null!;

    /// <summary>What its gateways log.</summary>
    public CapturedLogs Logs { get; } = new();

    /// <summary>What the API server was asked about callers.</summary>
    public ReviewCount Reviews { get; private init; } = new();

    public static SimulatedUser Tenant(string name, params string[] namespaces) =>
        new()
        {
            Name = name,
            Token = name + "-token",
            Rules =
                namespaces.Length == 0
                    ? []
                    :
                    [
                        new PolicyRule
                        {
                            Verbs = ["get", "list", "watch"],
                            ApiGroups = [""],
                            Resources = ["pods", "configmaps", "secrets"],
                            Namespaces = namespaces,
                        },
                    ],
        };

    public static async Task<AccessFixture> StartAsync(
        AccessOptions? access = null,
        AuditLogOptions? audit = null,
        MetricsOptions? metrics = null,
        TimeProvider? time = null
    )
    {
        var reviews = new ReviewCount();
        var inner = await GatewayFixture.StartAsync(
            new SimulatorOptions
            {
                OnRequest = reviews.Hear,
                Time = time ?? TimeProvider.System,
                Users = [SimulatedUser.Admin, SimulatedUser.Limited, Anna, Ben],
                AnonymousRules = [],
            }
        );
        var fixture = new AccessFixture(inner) { Reviews = reviews };
        foreach (var ns in new[] { "team-a", "team-b", "brand-new", "empty" })
        {
            fixture.CreateNamespace(ns);
        }

        inner.Put("a1", "team-a");
        inner.Put("a2", "team-a");
        inner.Put("b1", "team-b");
        fixture.Gateway = await fixture.GatewayAsync(access ?? new AccessOptions { Mode = AuthMode.Kubernetes }, audit, metrics);
        return fixture;
    }

    public async Task<GatewayServer> GatewayAsync(AccessOptions access, AuditLogOptions? audit = null, MetricsOptions? metrics = null)
    {
        var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "sim",
                Cluster = "sim",
                Server = new Uri(Simulator.Url),
                Credentials = new StaticCredential(new Credential("Bearer admin-token", null)),
            }
        );
        var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Clusters = [new KubernetesClusterSource(client)],
                Access = access,
                Audit = audit,
                Metrics = metrics ?? new(),
                Loggers = Logs,
            },
            TestContext.Current.CancellationToken
        );
        _owned.Add(gateway);
        _owned.Add(client);
        await Eventually.TrueAsync(
            async () => (await Inner.Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
            "the gateway is ready"
        );
        return gateway;
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(string path, string? token, HttpMethod? method = null)
    {
        using var response = await SendAsync(path, token, method);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    public async Task<HttpResponseMessage> SendAsync(
        string path,
        string? token,
        HttpMethod? method = null,
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead
    )
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(Gateway.Url, path));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return await Inner.Http.SendAsync(request, completion, TestContext.Current.CancellationToken);
    }

    /// <summary>The names in a list, in order.</summary>
    public async Task<string> NamesAsync(string path, string token)
    {
        var (status, body) = await GetAsync(path, token);
        Assert.True(status == HttpStatusCode.OK, $"{path}: {body}");
        return string.Join(' ', body["items"]!.AsArray().Select(item => (string?)item!["name"]).Order(StringComparer.Ordinal));
    }

    /// <summary>Opens a stream the way a browser does: with a ticket, and the cursor of the stream before.</summary>
    public async Task<SseClient> StreamAsync(
        string token,
        string path = "api/v1/pods/stream",
        GatewayServer? gateway = null,
        string? cursor = null
    )
    {
        var ticket = await TicketAsync(token, gateway, path);
        return await SseClient.OpenAsync(
            Inner.Http,
            new Uri((gateway ?? Gateway).Url, $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}ticket={ticket}"),
            cursor
        );
    }

    /// <summary>Creates a namespace.</summary>
    public void CreateNamespace(string name) =>
        Simulator.Store.Create(
            Namespaces,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = name },
            },
            "test"
        );

    /// <summary>Every list and watch of namespaces meets a fault.</summary>
    public void SpoilNamespaces(Fault fault)
    {
        foreach (var verb in new[] { "list", "watch" })
        {
            Simulator.Faults.Add(fault with { Verb = verb, Resource = "namespaces" });
        }
    }

    public async Task<string> TicketAsync(string token, GatewayServer? gateway = null, string path = "api/v1/pods/stream")
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri((gateway ?? Gateway).Url, $"api/v1/tickets?for={Uri.EscapeDataString("/" + path)}")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Inner.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["ticket"]!;
    }

    /// <summary>Another gateway before the same cluster, which began later.</summary>
    public Task<GatewayServer> ReplicaAsync(AccessOptions? access = null) =>
        GatewayAsync(access ?? new AccessOptions { Mode = AuthMode.Kubernetes });

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        await Inner.DisposeAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(Environment.NewLine, Logs.Lines));
    }
}
