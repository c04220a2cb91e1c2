using System.Text;
using Vigia.Catalog;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.Rbac;

/// <summary>
/// The rights that a gateway needs, as a manifest for <c>kubectl apply -f -</c>: for exactly what its catalog watches,
/// and nothing else.
/// </summary>
public static class RbacManifest
{
    private static readonly string[] Reading = ["list", "watch"];

    /// <summary>Writes the manifest: roles and bindings, YAML, in an order that never changes.</summary>
    public static string Write(ResourceCatalog catalog, RbacOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        var text = new StringBuilder();
        var entries = catalog
            .Entries.Where(entry => options.Secrets || !entry.Versions.Any(version => version is { Group: "", Resource: "secrets" }))
            .ToArray();
        var namespaced = Rules(entries.Where(entry => entry.Namespaced));
        var clusterWide = Rules(entries.Where(entry => !entry.Namespaced));
        var others = Others(options);
        if (options.Namespace is { } ns)
        {
            Role(text, "Role", options, ns, namespaced, $"Resources in the namespace {ns}.");
            Role(
                text,
                "ClusterRole",
                options,
                null,
                [.. clusterWide, .. others],
                "Cluster-scoped resources. Without these rights they are reported as denied; everything else works."
            );
        }
        else
        {
            Role(text, "ClusterRole", options, null, [.. Rules(entries), .. others], null);
        }

        return text.ToString();
    }

    /// <summary>
    /// One rule a group, since a resource's group differs between versions of Kubernetes: every place in which an entry
    /// may be found is allowed.
    /// </summary>
    private static List<Rule> Rules(IEnumerable<ResourceEntry> entries) =>
        [
            .. entries
                .SelectMany(entry => entry.Versions)
                .Select(version => (version.Group, version.Resource))
                .Distinct()
                .GroupBy(pair => pair.Group, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new Rule(
                    group.Key,
                    [.. group.Select(pair => pair.Resource).Order(StringComparer.Ordinal)],
                    Reading,
                    null
                )),
        ];

    private static List<Rule> Others(RbacOptions options)
    {
        var rules = new List<Rule>();
        if (options.CustomResources)
        {
            rules.Add(
                new(
                    "apiextensions.k8s.io",
                    ["customresourcedefinitions"],
                    Reading,
                    "Custom resources appear and go with their definitions; their objects need rights of their own (--custom-group)."
                )
            );
        }

        foreach (var group in options.CustomGroups.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            rules.Add(new(group, ["*"], Reading, null));
        }

        if (options.Mode == AuthMode.Kubernetes)
        {
            rules.Add(
                new(
                    "authentication.k8s.io",
                    ["tokenreviews"],
                    ["create"],
                    "TokenReviews: callers are identified by their tokens (--auth kubernetes)."
                )
            );
            rules.Add(
                new(
                    "authorization.k8s.io",
                    ["subjectaccessreviews"],
                    ["create"],
                    "SubjectAccessReviews: callers see what their RBAC allows."
                )
            );
        }

        return rules;
    }

    private static void Role(StringBuilder text, string kind, RbacOptions options, string? ns, IReadOnlyList<Rule> rules, string? comment)
    {
        if (rules.Count == 0)
        {
            return;
        }

        if (text.Length > 0)
        {
            text.Append("---\n");
        }

        if (comment is not null)
        {
            text.Append("# ").Append(comment).Append('\n');
        }

        Head(text, kind, options.Name, ns);
        text.Append("rules:\n");
        foreach (var rule in rules)
        {
            if (rule.Comment is { } why)
            {
                text.Append("  # ").Append(why).Append('\n');
            }

            text.Append("  - apiGroups: [")
                .Append(Quoted(rule.Group))
                .Append("]\n    resources: [")
                .AppendJoin(", ", rule.Resources.Select(Quoted))
                .Append("]\n    verbs: [")
                .AppendJoin(", ", rule.Verbs.Select(Quoted))
                .Append("]\n");
        }

        text.Append("---\n");
        Head(text, kind + "Binding", options.Name, ns);
        text.Append("roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ")
            .Append(kind)
            .Append("\n  name: ")
            .Append(options.Name)
            .Append("\nsubjects:\n  - kind: ServiceAccount\n    name: ")
            .Append(options.ServiceAccount)
            .Append("\n    namespace: ")
            .Append(options.ServiceAccountNamespace)
            .Append('\n');
    }

    private static void Head(StringBuilder text, string kind, string name, string? ns)
    {
        text.Append("apiVersion: rbac.authorization.k8s.io/v1\nkind: ")
            .Append(kind)
            .Append("\nmetadata:\n  name: ")
            .Append(name)
            .Append('\n');
        if (ns is not null)
        {
            text.Append("  namespace: ").Append(ns).Append('\n');
        }

        text.Append("  labels:\n    app.kubernetes.io/name: vigia\n");
    }

    private static string Quoted(string value) => $"\"{value}\"";

    private sealed record Rule(string Group, IReadOnlyList<string> Resources, IReadOnlyList<string> Verbs, string? Comment);
}
