namespace Vigia.Kubernetes;

/// <summary>
/// The names of resources that every cluster has, in the version that is stable today. For others use
/// <see cref="GroupVersionResource.Parse"/>, or discovery (<c>DiscoveryClient</c>), which also shows what an older
/// server lacks.
/// </summary>
public static class KnownResources
{
    /// <summary><c>pods</c>.</summary>
    public static GroupVersionResource Pods { get; } = new("", "v1", "pods");

    /// <summary><c>services</c>.</summary>
    public static GroupVersionResource Services { get; } = new("", "v1", "services");

    /// <summary><c>namespaces</c>; cluster-scoped.</summary>
    public static GroupVersionResource Namespaces { get; } = new("", "v1", "namespaces");

    /// <summary><c>nodes</c>; cluster-scoped.</summary>
    public static GroupVersionResource Nodes { get; } = new("", "v1", "nodes");

    /// <summary><c>configmaps</c>.</summary>
    public static GroupVersionResource ConfigMaps { get; } = new("", "v1", "configmaps");

    /// <summary><c>secrets</c>: use metadata only unless you need the values.</summary>
    public static GroupVersionResource Secrets { get; } = new("", "v1", "secrets");

    /// <summary><c>serviceaccounts</c>.</summary>
    public static GroupVersionResource ServiceAccounts { get; } = new("", "v1", "serviceaccounts");

    /// <summary><c>persistentvolumes</c>; cluster-scoped.</summary>
    public static GroupVersionResource PersistentVolumes { get; } = new("", "v1", "persistentvolumes");

    /// <summary><c>persistentvolumeclaims</c>.</summary>
    public static GroupVersionResource PersistentVolumeClaims { get; } = new("", "v1", "persistentvolumeclaims");

    /// <summary><c>events</c> of the core group, which every server has.</summary>
    public static GroupVersionResource Events { get; } = new("", "v1", "events");

    /// <summary><c>endpointslices.discovery.k8s.io</c>; v1 since Kubernetes 1.21.</summary>
    public static GroupVersionResource EndpointSlices { get; } = new("discovery.k8s.io", "v1", "endpointslices");

    /// <summary><c>deployments.apps</c>.</summary>
    public static GroupVersionResource Deployments { get; } = new("apps", "v1", "deployments");

    /// <summary><c>statefulsets.apps</c>.</summary>
    public static GroupVersionResource StatefulSets { get; } = new("apps", "v1", "statefulsets");

    /// <summary><c>daemonsets.apps</c>.</summary>
    public static GroupVersionResource DaemonSets { get; } = new("apps", "v1", "daemonsets");

    /// <summary><c>replicasets.apps</c>.</summary>
    public static GroupVersionResource ReplicaSets { get; } = new("apps", "v1", "replicasets");

    /// <summary><c>jobs.batch</c>.</summary>
    public static GroupVersionResource Jobs { get; } = new("batch", "v1", "jobs");

    /// <summary><c>cronjobs.batch</c>; v1 since Kubernetes 1.21.</summary>
    public static GroupVersionResource CronJobs { get; } = new("batch", "v1", "cronjobs");

    /// <summary><c>ingresses.networking.k8s.io</c>; v1 since Kubernetes 1.19.</summary>
    public static GroupVersionResource Ingresses { get; } = new("networking.k8s.io", "v1", "ingresses");

    /// <summary><c>networkpolicies.networking.k8s.io</c>.</summary>
    public static GroupVersionResource NetworkPolicies { get; } = new("networking.k8s.io", "v1", "networkpolicies");

    /// <summary><c>horizontalpodautoscalers.autoscaling</c>; v2 since Kubernetes 1.23.</summary>
    public static GroupVersionResource HorizontalPodAutoscalers { get; } = new("autoscaling", "v2", "horizontalpodautoscalers");

    /// <summary><c>leases.coordination.k8s.io</c>.</summary>
    public static GroupVersionResource Leases { get; } = new("coordination.k8s.io", "v1", "leases");

    /// <summary><c>customresourcedefinitions.apiextensions.k8s.io</c>; cluster-scoped.</summary>
    public static GroupVersionResource CustomResourceDefinitions { get; } = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
}
