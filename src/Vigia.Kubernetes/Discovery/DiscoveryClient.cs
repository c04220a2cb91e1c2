using System.Text.Json;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes;

/// <summary>
/// Discovers the resources of an API server: in two requests if possible (aggregated discovery, KEP-3352), else group
/// by group.
/// </summary>
/// <remarks>Not on the live path: documents are parsed as such.</remarks>
public sealed class DiscoveryClient(KubernetesClient client)
{
    private const string Aggregated =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;"
        + "as=APIGroupDiscoveryList,application/json";

    /// <summary>The server's version, as <c>v1.32.4</c>.</summary>
    public async Task<string> GetServerVersionAsync(CancellationToken ct = default)
    {
        using var version = await GetAsync("/version", null, ct);
        return Text(version.RootElement, "gitVersion");
    }

    /// <summary>Every resource. A group whose discovery fails is reported, not fatal.</summary>
    /// <exception cref="KubernetesApiException">Not even the list of groups may be read.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<ApiResourceList> GetResourcesAsync(CancellationToken ct = default)
    {
        var resources = new List<ApiResource>();
        var failures = new List<(string, string)>();
        foreach (var root in new[] { "/api", "/apis" })
        {
            using var answer = await GetAsync(root, Aggregated, ct);
            if (Text(answer.RootElement, "kind") == "APIGroupDiscoveryList")
            {
                ReadAggregated(answer.RootElement, resources, failures);
            }
            else
            {
                await ReadGroupsAsync(root, answer.RootElement, resources, failures, ct);
            }
        }

        return new(
            [
                .. resources.OrderBy(resource =>
                    resource.Resource.Group switch
                    {
                        "" => 0,
                        "apps" => 1,
                        _ => 2,
                    }
                ),
            ],
            failures
        );
    }

    private async Task<JsonDocument> GetAsync(string path, string? accept, CancellationToken ct)
    {
        var body = await client.GetBytesAsync(path, accept, ct);
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException error)
        {
            throw new KubernetesConnectionException(
                $"{client.Configuration.Server.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped)}{path} answered with "
                    + $"something that is not JSON: is a proxy or a login page in between? (context \"{client.Configuration.Context}\")",
                error
            );
        }
    }

    private async Task ReadGroupsAsync(
        string root,
        JsonElement answer,
        List<ApiResource> resources,
        List<(string, string)> failures,
        CancellationToken ct
    )
    {
        var versions =
            root == "/api"
                ? Items(answer, "versions").Select(version => (Group: "", Path: $"/api/{version.GetString()}")).ToArray()
                : [.. Items(answer, "groups").SelectMany(Preferred)];
        foreach (var (group, path) in versions)
        {
            try
            {
                using var list = await GetAsync(path, null, ct);
                var version = path[(path.LastIndexOf('/') + 1)..];
                resources.AddRange(
                    Items(list.RootElement, "resources").Where(IsNoSubresource).Select(item => Legacy(item, group, version))
                );
            }
            catch (Exception refused) when (refused is KubernetesApiException or KubernetesConnectionException)
            {
                failures.Add((path, refused.Message));
            }
        }
    }

    private static IEnumerable<(string Group, string Path)> Preferred(JsonElement group)
    {
        var name = Text(group, "name");
        var preferred = group.TryGetProperty("preferredVersion", out var version) ? Text(version, "version") : "";
        return Items(group, "versions")
            .Select(item => Text(item, "version"))
            .OrderBy(item => item == preferred ? 0 : 1)
            .Select(item => (name, $"/apis/{name}/{item}"));
    }

    private static ApiResource Legacy(JsonElement item, string group, string version)
    {
        // A resource may belong to another group than its list (subresources do, and some aggregated ones).
        var (ownGroup, ownVersion) = (Text(item, "group"), Text(item, "version"));
        var resource = new GroupVersionResource(
            ownGroup.Length > 0 ? ownGroup : group,
            ownVersion.Length > 0 ? ownVersion : version,
            Text(item, "name")
        );
        return new(
            resource,
            Text(item, "kind"),
            Text(item, "singularName"),
            item.TryGetProperty("namespaced", out var namespaced) && namespaced.GetBoolean(),
            Texts(item, "shortNames"),
            Texts(item, "verbs"),
            Texts(item, "categories")
        );
    }

    private static void ReadAggregated(JsonElement list, List<ApiResource> resources, List<(string, string)> failures)
    {
        foreach (var group in Items(list, "items"))
        {
            var name = group.TryGetProperty("metadata", out var metadata) ? Text(metadata, "name") : "";
            foreach (var version in Items(group, "versions"))
            {
                if (Text(version, "freshness") == "Stale")
                {
                    failures.Add(($"{name}/{Text(version, "version")}", "its server is unavailable; its resources may be outdated"));
                }

                foreach (var item in Items(version, "resources"))
                {
                    var kind = item.TryGetProperty("responseKind", out var response) ? Text(response, "kind") : "";
                    resources.Add(
                        new(
                            new(name, Text(version, "version"), Text(item, "resource")),
                            kind,
                            Text(item, "singularResource"),
                            Text(item, "scope") == "Namespaced",
                            Texts(item, "shortNames"),
                            Texts(item, "verbs"),
                            Texts(item, "categories")
                        )
                    );
                }
            }
        }
    }

    private static bool IsNoSubresource(JsonElement item) => !Text(item, "name").Contains('/', StringComparison.Ordinal);
}
