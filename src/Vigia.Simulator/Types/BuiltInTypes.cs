namespace Vigia.Simulator;

/// <summary>The resources every simulated cluster serves, as data: a further one is one line.</summary>
public static class BuiltInTypes
{
    private static readonly string[] NoCollection = ["create", "delete", "get", "list", "patch", "update", "watch"];
    private static readonly string[] All_ = ["all"];
    private static readonly string[] Extensions = ["api-extensions"];

    /// <summary><c>v1 namespaces</c>.</summary>
    public static ResourceType Namespaces { get; } =
        Core("namespaces", "Namespace", "ns", namespaced: false, status: true, fields: ["status.phase"], verbs: NoCollection);

    /// <summary><c>v1 pods</c>.</summary>
    public static ResourceType Pods { get; } =
        Core(
            "pods",
            "Pod",
            "po",
            status: true,
            categories: All_,
            fields:
            [
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "spec.hostNetwork",
                "status.phase",
                "status.podIP",
                "status.nominatedNodeName",
            ]
        );

    /// <summary><c>v1 nodes</c>.</summary>
    public static ResourceType Nodes { get; } =
        Core("nodes", "Node", "no", namespaced: false, status: true, fields: ["spec.unschedulable"]);

    /// <summary><c>v1 events</c>.</summary>
    public static ResourceType Events { get; } =
        Core(
            "events",
            "Event",
            "ev",
            fields:
            [
                "involvedObject.kind",
                "involvedObject.namespace",
                "involvedObject.name",
                "involvedObject.uid",
                "involvedObject.apiVersion",
                "involvedObject.resourceVersion",
                "involvedObject.fieldPath",
                "reason",
                "reportingComponent",
                "source",
                "type",
            ]
        );

    /// <summary><c>v1 services</c>.</summary>
    public static ResourceType Services { get; } = Core("services", "Service", "svc", status: true, categories: All_);

    /// <summary><c>v1 secrets</c>.</summary>
    public static ResourceType Secrets { get; } = Core("secrets", "Secret", null, fields: ["type"]);

    /// <summary><c>v1 configmaps</c>.</summary>
    public static ResourceType ConfigMaps { get; } = Core("configmaps", "ConfigMap", "cm");

    /// <summary><c>v1 serviceaccounts</c>.</summary>
    public static ResourceType ServiceAccounts { get; } = Core("serviceaccounts", "ServiceAccount", "sa");

    /// <summary><c>v1 persistentvolumeclaims</c>.</summary>
    public static ResourceType PersistentVolumeClaims { get; } =
        Core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc", status: true);

    /// <summary><c>v1 persistentvolumes</c>.</summary>
    public static ResourceType PersistentVolumes { get; } =
        Core("persistentvolumes", "PersistentVolume", "pv", namespaced: false, status: true);

    /// <summary><c>v1 endpoints</c>.</summary>
    public static ResourceType Endpoints { get; } =
        new()
        {
            Group = "",
            Version = "v1",
            Plural = "endpoints",
            Kind = "Endpoints",
            ListKind = "EndpointsList",
            Singular = "endpoints",
            ShortNames = ["ep"],
        };

    /// <summary><c>apps/v1 deployments</c>.</summary>
    public static ResourceType Deployments { get; } =
        Of("apps", "v1", "deployments", "Deployment", "deploy", status: true, scale: new(), generation: true, categories: All_);

    /// <summary><c>apps/v1 replicasets</c>.</summary>
    public static ResourceType ReplicaSets { get; } =
        Of(
            "apps",
            "v1",
            "replicasets",
            "ReplicaSet",
            "rs",
            status: true,
            scale: new(),
            generation: true,
            categories: All_,
            fields: ["status.replicas"]
        );

    /// <summary><c>apps/v1 statefulsets</c>.</summary>
    public static ResourceType StatefulSets { get; } =
        Of("apps", "v1", "statefulsets", "StatefulSet", "sts", status: true, scale: new(), generation: true, categories: All_);

    /// <summary><c>apps/v1 daemonsets</c>.</summary>
    public static ResourceType DaemonSets { get; } =
        Of("apps", "v1", "daemonsets", "DaemonSet", "ds", status: true, generation: true, categories: All_);

    /// <summary><c>apps/v1 controllerrevisions</c>.</summary>
    public static ResourceType ControllerRevisions { get; } = Of("apps", "v1", "controllerrevisions", "ControllerRevision");

    /// <summary><c>batch/v1 jobs</c>.</summary>
    public static ResourceType Jobs { get; } =
        Of("batch", "v1", "jobs", "Job", status: true, generation: true, categories: All_, fields: ["status.successful"]);

    /// <summary><c>batch/v1 cronjobs</c>.</summary>
    public static ResourceType CronJobs { get; } =
        Of("batch", "v1", "cronjobs", "CronJob", "cj", status: true, generation: true, categories: All_);

    /// <summary><c>autoscaling/v2 horizontalpodautoscalers</c>.</summary>
    public static ResourceType HorizontalPodAutoscalers { get; } =
        Of("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", status: true, categories: All_);

    /// <summary><c>networking.k8s.io/v1 ingresses</c>.</summary>
    public static ResourceType Ingresses { get; } =
        Of("networking.k8s.io", "v1", "ingresses", "Ingress", "ing", status: true, generation: true);

    /// <summary><c>policy/v1 poddisruptionbudgets</c>.</summary>
    public static ResourceType PodDisruptionBudgets { get; } =
        new()
        {
            Group = "policy",
            Version = "v1",
            Plural = "poddisruptionbudgets",
            Kind = "PodDisruptionBudget",
            ShortNames = ["pdb"],
            HasStatus = true,
            HasGeneration = true,
            PrinterColumns =
            [
                new("Min Available", "string", ".spec.minAvailable"),
                new("Max Unavailable", "string", ".spec.maxUnavailable"),
                new("Allowed Disruptions", "integer", ".status.disruptionsAllowed"),
                new("Age", "date", ".metadata.creationTimestamp"),
            ],
        };

    /// <summary><c>coordination.k8s.io/v1 leases</c>.</summary>
    public static ResourceType Leases { get; } = Of("coordination.k8s.io", "v1", "leases", "Lease");

    /// <summary><c>apiextensions.k8s.io/v1 customresourcedefinitions</c>.</summary>
    public static ResourceType CustomResourceDefinitions { get; } =
        new()
        {
            Group = "apiextensions.k8s.io",
            Version = "v1",
            Plural = "customresourcedefinitions",
            Kind = "CustomResourceDefinition",
            Namespaced = false,
            ShortNames = ["crd", "crds"],
            Categories = Extensions,
            HasStatus = true,
            HasGeneration = true,
        };

    /// <summary>
    /// <c>kubernetes.dask.org/v1 daskclusters</c>: scale, but no status subresource, as the operator's own definition
    /// has it.
    /// </summary>
    public static ResourceType DaskClusters { get; } =
        Dask(
            "daskclusters",
            "DaskCluster",
            "dsk",
            new(".spec.worker.replicas", ".status.replicas", null),
            new("Workers", "integer", ".spec.worker.replicas"),
            new("Status", "string", ".status.phase"),
            new("Age", "date", ".metadata.creationTimestamp")
        );

    /// <summary><c>kubernetes.dask.org/v1 daskworkergroups</c>.</summary>
    public static ResourceType DaskWorkerGroups { get; } =
        Dask(
            "daskworkergroups",
            "DaskWorkerGroup",
            "daskworkers",
            new(".spec.worker.replicas", ".status.replicas", null),
            new PrinterColumn("Workers", "integer", ".spec.worker.replicas")
        );

    /// <summary><c>kubernetes.dask.org/v1 daskautoscalers</c>.</summary>
    public static ResourceType DaskAutoscalers { get; } = Dask("daskautoscalers", "DaskAutoscaler", null, null);

    /// <summary><c>kubernetes.dask.org/v1 daskjobs</c>.</summary>
    public static ResourceType DaskJobs { get; } = Dask("daskjobs", "DaskJob", "djb", null);

    /// <summary>All of them, in the order of discovery.</summary>
    public static IReadOnlyList<ResourceType> All { get; } =
    [
        ConfigMaps,
        Endpoints,
        Events,
        Core("limitranges", "LimitRange", "limits"),
        Namespaces,
        Nodes,
        PersistentVolumeClaims,
        PersistentVolumes,
        Pods,
        Core("podtemplates", "PodTemplate", null),
        new()
        {
            Group = "",
            Version = "v1",
            Plural = "replicationcontrollers",
            Kind = "ReplicationController",
            ShortNames = ["rc"],
            Categories = All_,
            HasStatus = true,
            HasGeneration = true,
            Scale = new(),
            SelectableFields = ["status.replicas"],
        },
        Core("resourcequotas", "ResourceQuota", "quota", status: true),
        Secrets,
        ServiceAccounts,
        Services,
        Of("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced: false, status: true, categories: Extensions),
        ControllerRevisions,
        DaemonSets,
        Deployments,
        ReplicaSets,
        StatefulSets,
        HorizontalPodAutoscalers,
        CronJobs,
        Jobs,
        Leases,
        Of("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
        Of("networking.k8s.io", "v1", "ingressclasses", "IngressClass", namespaced: false, generation: true),
        Ingresses,
        Of("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", generation: true),
        PodDisruptionBudgets,
        Of("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced: false),
        Of("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced: false),
        Of("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
        Of("rbac.authorization.k8s.io", "v1", "roles", "Role"),
        Of("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", namespaced: false, generation: true),
        Of("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced: false),
        Of("storage.k8s.io", "v1", "csinodes", "CSINode", namespaced: false),
        Of("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc", namespaced: false),
        Of("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", namespaced: false, status: true),
        Of(
            "admissionregistration.k8s.io",
            "v1",
            "mutatingwebhookconfigurations",
            "MutatingWebhookConfiguration",
            namespaced: false,
            generation: true,
            categories: Extensions
        ),
        Of(
            "admissionregistration.k8s.io",
            "v1",
            "validatingwebhookconfigurations",
            "ValidatingWebhookConfiguration",
            namespaced: false,
            generation: true,
            categories: Extensions
        ),
        CustomResourceDefinitions,
        DaskAutoscalers,
        DaskClusters,
        DaskJobs,
        DaskWorkerGroups,
    ];

    private static ResourceType Core(
        string plural,
        string kind,
        string? shortName,
        bool namespaced = true,
        bool status = false,
        string[]? categories = null,
        string[]? fields = null,
        string[]? verbs = null
    ) =>
        verbs is null
            ? Of("", "v1", plural, kind, shortName, namespaced, status, categories: categories, fields: fields)
            : new()
            {
                Group = "",
                Version = "v1",
                Plural = plural,
                Kind = kind,
                Namespaced = namespaced,
                ShortNames = shortName is null ? [] : [shortName],
                Categories = categories ?? [],
                HasStatus = status,
                SelectableFields = fields ?? [],
                Verbs = verbs,
            };

    private static ResourceType Of(
        string group,
        string version,
        string plural,
        string kind,
        string? shortName = null,
        bool namespaced = true,
        bool status = false,
        ScalePaths? scale = null,
        bool generation = false,
        string[]? categories = null,
        string[]? fields = null
    ) =>
        new()
        {
            Group = group,
            Version = version,
            Plural = plural,
            Kind = kind,
            Namespaced = namespaced,
            ShortNames = shortName is null ? [] : [shortName],
            Categories = categories ?? [],
            HasStatus = status,
            Scale = scale,
            HasGeneration = generation,
            SelectableFields = fields ?? [],
        };

    private static ResourceType Dask(string plural, string kind, string? shortName, ScalePaths? scale, params PrinterColumn[] columns) =>
        new()
        {
            Group = "kubernetes.dask.org",
            Version = "v1",
            Plural = plural,
            Kind = kind,
            ShortNames = shortName is null ? [] : [shortName],
            HasGeneration = true,
            IsCustom = true,
            Scale = scale,
            PrinterColumns = columns,
        };
}
