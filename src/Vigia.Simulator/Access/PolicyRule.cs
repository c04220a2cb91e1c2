using System.Text.Json.Nodes;

namespace Vigia.Simulator;

/// <summary>A rule as in RBAC; <c>*</c> means all.</summary>
public sealed record PolicyRule
{
    /// <summary>All verbs on everything.</summary>
    public static PolicyRule Everything { get; } =
        new()
        {
            Verbs = ["*"],
            ApiGroups = ["*"],
            Resources = ["*"],
            NonResourceUrls = ["*"],
        };

    /// <summary>The rights of every user: discovery, version and health, and reviews of their own rights.</summary>
    public static IReadOnlyList<PolicyRule> Basic { get; } =
    [
        new()
        {
            Verbs = ["get"],
            NonResourceUrls =
            [
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/version",
                "/version/",
                "/healthz",
                "/livez",
                "/readyz",
                "/openapi",
                "/openapi/*",
            ],
        },
        new()
        {
            Verbs = ["create"],
            ApiGroups = ["authorization.k8s.io"],
            Resources = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        new()
        {
            Verbs = ["create"],
            ApiGroups = ["authentication.k8s.io"],
            Resources = ["selfsubjectreviews"],
        },
    ];

    /// <summary>The verbs.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>The API groups; the empty string is the core group.</summary>
    public IReadOnlyList<string> ApiGroups { get; init; } = [];

    /// <summary>The resources, with subresources as <c>pods/status</c>.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Only objects of these names; empty for all.</summary>
    public IReadOnlyList<string> ResourceNames { get; init; } = [];

    /// <summary>Only in these namespaces; empty for all, cluster-wide requests included.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Paths outside the resources; a trailing <c>*</c> matches the rest.</summary>
    public IReadOnlyList<string> NonResourceUrls { get; init; } = [];

    internal bool Allows(in AccessAttributes request)
    {
        if (!Has(Verbs, request.Verb))
        {
            return false;
        }

        if (request.Path is { } path)
        {
            return NonResourceUrls.Any(url => url == path || (url.EndsWith('*') && path.StartsWith(url[..^1], StringComparison.Ordinal)));
        }

        return Has(ApiGroups, request.Group)
            && Has(Resources, request.Subresource is null ? request.Resource : $"{request.Resource}/{request.Subresource}")
            && (ResourceNames.Count == 0 || (request.Name is not null && ResourceNames.Contains(request.Name)))
            && (Namespaces.Count == 0 || Namespaces.Contains(request.Namespace ?? ""));
    }

    internal JsonObject ToJson(bool resource)
    {
        var rule = new JsonObject { ["verbs"] = Array(Verbs) };
        if (resource)
        {
            rule["apiGroups"] = Array(ApiGroups);
            rule["resources"] = Array(Resources);
            if (ResourceNames.Count > 0)
            {
                rule["resourceNames"] = Array(ResourceNames);
            }
        }
        else
        {
            rule["nonResourceURLs"] = Array(NonResourceUrls);
        }

        return rule;
    }

    private static bool Has(IReadOnlyList<string> allowed, string asked) => allowed.Contains("*") || allowed.Contains(asked);

    private static JsonArray Array(IReadOnlyList<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}
