namespace Vigia.Catalog.Entries;

/// <summary>
/// The API groups of Kubernetes itself; every other group belongs to custom resources and aggregated servers.
/// </summary>
internal static class KubernetesGroups
{
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "extensions",
        "events.k8s.io",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
        "coordination.k8s.io",
        "node.k8s.io",
        "discovery.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "admissionregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "scheduling.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "resource.k8s.io",
        "storagemigration.k8s.io",
        "internal.apiserver.k8s.io",
        "settings.k8s.io",
        "auditregistration.k8s.io",
        "metrics.k8s.io",
        "custom.metrics.k8s.io",
        "external.metrics.k8s.io",
    };

    /// <summary>True for a group of Kubernetes itself.</summary>
    public static bool Contains(string group) => Own.Contains(group);
}
