using System.Text;
using System.Text.Json.Nodes;
using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>
/// The objects of <c>eng/tables/objects.json</c> on a server, in a namespace of their own, with the states that stand
/// there; all gone again at the end.
/// </summary>
internal sealed class TableObjects : IAsyncDisposable
{
    /// <summary>A kind of our own with a printer column of every type.</summary>
    private const string CustomType = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.tables.example"},
        "spec":{"group":"tables.example","scope":"Namespaced",
        "names":{"kind":"Widget","plural":"widgets","singular":"widget","shortNames":["wd"]},"versions":[{"name":"v1","served":true,
        "storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}},
        "additionalPrinterColumns":[{"name":"Colour","type":"string","jsonPath":".spec.colour"},{"name":"Size","type":"integer",
        "jsonPath":".spec.size"},{"name":"Weight","type":"number","jsonPath":".spec.weight"},
        {"name":"Fragile","type":"boolean","jsonPath":".spec.fragile"},{"name":"Made","type":"date","jsonPath":".spec.made"},
        {"name":"Ready","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"},
        {"name":"Maker","type":"string","priority":1,"jsonPath":".spec.maker.name"},{"name":"Age","type":"date",
        "jsonPath":".metadata.creationTimestamp"}]}]}}
        """;

    private static readonly string[] Widgets =
    [
        """{"apiVersion":"tables.example/v1","kind":"Widget","metadata":{"name":"full"},"spec":{"colour":"red","size":12,"weight":1.5"""
            + ""","fragile":true,"made":"2026-11-20T10:00:00Z","maker":{"name":"acme"}},"status":{"conditions":"""
            + """[{"type":"Synced","status":"False"},{"type":"Ready","status":"True"}]}}""",
        """{"apiVersion":"tables.example/v1","kind":"Widget","metadata":{"name":"light"},"spec":{"colour":"light """
            + """blue","size":0,"weight":3,"fragile":false}}""",
        """{"apiVersion":"tables.example/v1","kind":"Widget","metadata":{"name":"empty"},"spec":{}}""",
    ];

    private readonly KubernetesClient _client;
    private readonly List<string> _created = [];

    private TableObjects(KubernetesClient client, string ns) => (_client, Namespace) = (client, ns);

    public string Namespace { get; }

    /// <summary>What this server does not take, with its reason: an older one does not know every state.</summary>
    public List<string> Refused { get; } = [];

    public static async Task<TableObjects> CreateAsync(KubernetesClient client, string ns, CancellationToken cancellationToken)
    {
        var objects = new TableObjects(client, ns);
        try
        {
            await objects.CreateAllAsync(cancellationToken);
            return objects;
        }
        catch
        {
            await objects.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Finalizers hold what is to be seen on its way out.
        foreach (var path in _created.AsEnumerable().Reverse())
        {
            await TryAsync(HttpMethod.Patch, path, """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
            await TryAsync(HttpMethod.Delete, path, """{"gracePeriodSeconds":0}""");
        }
    }

    private async Task CreateAllAsync(CancellationToken token)
    {
        var served = await new DiscoveryClient(_client).GetResourcesAsync(token);
        await CreateAsync("/api/v1/namespaces", JsonNode.Parse($$$"""{"metadata":{"name":"{{{Namespace}}}"}}""")!, token);
        foreach (
            var item in JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "objects.json"), token))![
                "items"
            ]!.AsArray()
        )
        {
            var entry = ResourceCatalog.BuiltIn.Entries.Single(entry => entry.Kind == (string)item!["kind"]!);
            var versions = entry
                .Versions.Where(version => served.Resources.Any(resource => resource.Resource == version))
                .Take(1)
                .ToArray();
            if (entry.Name == "namespaces" || versions.Length == 0)
            {
                continue;
            }

            var version = versions[0];
            var o = item!.DeepClone();
            o["apiVersion"] = version.ApiVersion;
            if (entry.Namespaced)
            {
                o["metadata"]!["namespace"] = Namespace;
            }

            if (o["involvedObject"] is { } about)
            {
                about["namespace"] = Namespace;
            }

            if (entry.Kind == "Pod")
            {
                // Nobody is to be asked for a token of it.
                o["spec"]!["automountServiceAccountToken"] = false;
            }

            if (entry.Kind is "Job" or "CronJob")
            {
                // A server makes these selectors itself.
                (entry.Kind == "Job" ? o["spec"]! : o["spec"]!["jobTemplate"]!["spec"]!)
                    .AsObject()
                    .Remove("selector");
            }

            if (entry.Kind == "DaemonSet")
            {
                // The server may have a controller that runs, and nodes that are not ours.
                o["spec"]!["template"]!["spec"]!["nodeSelector"] = new JsonObject { ["tables.example/nowhere"] = "x" };
            }

            await CreateAsync(version.Path(entry.Namespaced ? Namespace : null), o, token);
        }

        await CreateAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", JsonNode.Parse(CustomType)!, token);
        foreach (var widget in Widgets)
        {
            // A type is served a moment after it was made.
            await Eventually.TrueAsync(
                async () => await TryAsync(HttpMethod.Post, $"/apis/tables.example/v1/namespaces/{Namespace}/widgets", widget) is null,
                "widgets can be made",
                TimeSpan.FromSeconds(30),
                cancellationToken: token
            );
            _created.Add($"/apis/tables.example/v1/namespaces/{Namespace}/widgets/{(string)JsonNode.Parse(widget)!["metadata"]!["name"]!}");
        }
    }

    private async Task CreateAsync(string path, JsonNode o, CancellationToken token)
    {
        var status = o["status"]?.DeepClone();
        var isDeleted = o["metadata"]!.AsObject().Remove("deletionTimestamp");
        o["metadata"]!.AsObject().Remove("deletionGracePeriodSeconds");
        var name = (string)o["metadata"]!["name"]!;
        if (await TryAsync(HttpMethod.Post, path, o.ToJsonString()) is { } refused && refused.Reason != "AlreadyExists")
        {
            Refused.Add($"{name}: {refused.Message}");
            return;
        }

        var self = $"{path}/{name}";
        _created.Add(self);
        if (status is not null)
        {
            var patch = new JsonObject { ["status"] = status };
            if (await TryAsync(HttpMethod.Patch, self + "/status", patch.ToJsonString(), "application/merge-patch+json") is { } fault)
            {
                Refused.Add($"{name}: {fault.Message}");
            }
        }

        if (isDeleted)
        {
            await TryAsync(HttpMethod.Delete, self, """{"gracePeriodSeconds":3600}""");
        }

        token.ThrowIfCancellationRequested();
    }

    private async Task<KubernetesApiException?> TryAsync(HttpMethod method, string path, string json, string type = "application/json")
    {
        try
        {
            await _client.SendBytesAsync(method, path, Encoding.UTF8.GetBytes(json), type, CancellationToken.None);
            return null;
        }
        catch (KubernetesApiException refused)
        {
            return refused;
        }
    }
}
