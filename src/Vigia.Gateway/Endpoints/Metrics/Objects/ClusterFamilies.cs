using Vigia.Catalog.Paths;
using Vigia.Catalog.Rows;
using static Vigia.Gateway.Endpoints.Metrics.Objects.CommonFamilies;

namespace Vigia.Gateway.Endpoints.Metrics.Objects;

/// <summary>
/// The metrics of nodes, namespaces, services and volumes, as kube-state-metrics' documents describe them.
/// </summary>
internal static class ClusterFamilies
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    /// <summary>Nodes.</summary>
    public static ObjectResource Nodes { get; } =
        new(
            "nodes",
            "node",
            false,
            false,
            [
                new(
                    "kube_node_info",
                    "kernel_version os_image container_runtime_version kubelet_version kubeproxy_version provider_id pod_cidr system_uuid "
                        + "internal_ip",
                    "Information about it.",
                    NodeInfo
                ),
                Created("kube_node"),
                Deletion("kube_node"),
                new("kube_node_role", "role", "Its roles.", NodeRoles) { ReadsBody = false },
                Number(
                    "kube_node_spec_unschedulable",
                    "1 if it is cordoned, else 0.",
                    static (in ObjectView of) => of.Spec["unschedulable"u8].IsTrue ? 1 : 0
                ),
                new(
                    "kube_node_spec_taint",
                    "key value effect",
                    "Its taints.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        foreach (var taint in of.Spec["taints"u8].Items())
                        {
                            to.Begin();
                            to.Label("key"u8, taint["key"u8]);
                            to.Label("value"u8, taint["value"u8]);
                            to.Label("effect"u8, taint["effect"u8]);
                            to.End(1);
                        }
                    }
                ),
                Conditions("kube_node"),
                new(
                    "kube_node_status_capacity",
                    "resource unit",
                    "Its resources.",
                    static (SeriesWriter to, in ObjectView of) => Amounts(to, of.Status["capacity"u8])
                ),
                new(
                    "kube_node_status_allocatable",
                    "resource unit",
                    "Its resources for pods.",
                    static (SeriesWriter to, in ObjectView of) => Amounts(to, of.Status["allocatable"u8])
                ),
                new(
                    "kube_node_status_addresses",
                    "type address",
                    "Its addresses.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        foreach (var address in of.Status["addresses"u8].Items())
                        {
                            to.Begin();
                            to.Label("type"u8, address["type"u8]);
                            to.Label("address"u8, address["address"u8]);
                            to.End(1);
                        }
                    }
                ),
            ]
        );

    /// <summary>Namespaces.</summary>
    public static ObjectResource Namespaces { get; } =
        new(
            "namespaces",
            "namespace",
            false,
            false,
            [
                Created("kube_namespace"),
                Phase("kube_namespace", "Active"u8.ToArray(), "Terminating"u8.ToArray()),
                Conditions("kube_namespace"),
            ]
        );

    /// <summary>Services.</summary>
    public static ObjectResource Services { get; } =
        new(
            "services",
            "service",
            true,
            true,
            [
                new(
                    "kube_service_info",
                    "cluster_ip external_name external_traffic_policy load_balancer_ip",
                    "Its addresses.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        to.Begin();
                        to.Label("cluster_ip"u8, of.Spec["clusterIP"u8]);
                        to.Label("external_name"u8, of.Spec["externalName"u8]);
                        to.Label("external_traffic_policy"u8, of.Spec["externalTrafficPolicy"u8]);
                        to.Label("load_balancer_ip"u8, of.Spec["loadBalancerIP"u8]);
                        to.End(1);
                    }
                ),
                Created("kube_service"),
                new(
                    "kube_service_spec_type",
                    "type",
                    "Its type.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        to.Begin();
                        to.Label("type"u8, of.Spec["type"u8]);
                        to.End(1);
                    }
                ),
                new(
                    "kube_service_spec_external_ip",
                    "external_ip",
                    "Its external addresses.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        foreach (var address in of.Spec["externalIPs"u8].Items())
                        {
                            to.Begin();
                            to.Label("external_ip"u8, address);
                            to.End(1);
                        }
                    }
                ),
                new(
                    "kube_service_status_load_balancer_ingress",
                    "ip hostname",
                    "The addresses of its load balancer.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        foreach (var ingress in of.Status["loadBalancer"u8]["ingress"u8].Items())
                        {
                            to.Begin();
                            to.Label("ip"u8, ingress["ip"u8]);
                            to.Label("hostname"u8, ingress["hostname"u8]);
                            to.End(1);
                        }
                    }
                ),
            ]
        );

    /// <summary>Claims.</summary>
    public static ObjectResource Claims { get; } =
        new(
            "persistentvolumeclaims",
            "persistentvolumeclaim",
            true,
            false,
            [
                new(
                    "kube_persistentvolumeclaim_info",
                    "storageclass volumename volumemode",
                    "The volume that it is bound to.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        to.Begin();
                        to.Label("storageclass"u8, of.Spec["storageClassName"u8]);
                        to.Label("volumename"u8, of.Spec["volumeName"u8]);
                        to.Label("volumemode"u8, of.Spec["volumeMode"u8]);
                        to.End(1);
                    }
                ),
                Created("kube_persistentvolumeclaim"),
                Deletion("kube_persistentvolumeclaim"),
                Phase("kube_persistentvolumeclaim", "Lost"u8.ToArray(), "Bound"u8.ToArray(), "Pending"u8.ToArray()),
                Number(
                    "kube_persistentvolumeclaim_resource_requests_storage_bytes",
                    "The storage that it requests.",
                    static (in ObjectView of) => Bytes(of.Spec["resources"u8]["requests"u8]["storage"u8])
                ),
                AccessModes("kube_persistentvolumeclaim"),
                Conditions("kube_persistentvolumeclaim", label: "type"),
            ]
        );

    /// <summary>Volumes.</summary>
    public static ObjectResource Volumes { get; } =
        new(
            "persistentvolumes",
            "persistentvolume",
            false,
            false,
            [
                new(
                    "kube_persistentvolume_info",
                    "storageclass host_path local_path nfs_server nfs_path csi_driver csi_volume_handle reclaim_policy",
                    "Information about it.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        to.Begin();
                        to.Label("storageclass"u8, of.Spec["storageClassName"u8]);
                        to.Label("host_path"u8, of.Spec["hostPath"u8]["path"u8]);
                        to.Label("local_path"u8, of.Spec["local"u8]["path"u8]);
                        to.Label("nfs_server"u8, of.Spec["nfs"u8]["server"u8]);
                        to.Label("nfs_path"u8, of.Spec["nfs"u8]["path"u8]);
                        to.Label("csi_driver"u8, of.Spec["csi"u8]["driver"u8]);
                        to.Label("csi_volume_handle"u8, of.Spec["csi"u8]["volumeHandle"u8]);
                        to.Label("reclaim_policy"u8, of.Spec["persistentVolumeReclaimPolicy"u8]);
                        to.End(1);
                    }
                ),
                Created("kube_persistentvolume"),
                Deletion("kube_persistentvolume"),
                Phase(
                    "kube_persistentvolume",
                    "Pending"u8.ToArray(),
                    "Available"u8.ToArray(),
                    "Bound"u8.ToArray(),
                    "Released"u8.ToArray(),
                    "Failed"u8.ToArray()
                ),
                Number(
                    "kube_persistentvolume_capacity_bytes",
                    "Its capacity.",
                    static (in ObjectView of) => Bytes(of.Spec["capacity"u8]["storage"u8])
                ),
                new(
                    "kube_persistentvolume_claim_ref",
                    "claim_namespace name",
                    "The claim that it is bound to.",
                    static (SeriesWriter to, in ObjectView of) =>
                    {
                        if (of.Spec["claimRef"u8] is { IsAbsent: false } claim)
                        {
                            to.Begin();
                            to.Label("claim_namespace"u8, claim["namespace"u8]);
                            to.Label("name"u8, claim["name"u8]);
                            to.End(1);
                        }
                    }
                ),
                AccessModes("kube_persistentvolume"),
            ]
        );

    private static double Bytes(JsonView amount) =>
        amount.IsString && Quantity.TryParse(amount.Raw[1..^1], out var bytes) ? bytes : double.NaN;

    private static ObjectFamily AccessModes(string prefix) =>
        new(
            prefix + "_access_mode",
            "access_mode",
            "How it may be mounted.",
            static (SeriesWriter to, in ObjectView of) =>
            {
                foreach (var mode in of.Spec["accessModes"u8].Items())
                {
                    to.Begin();
                    to.Label("access_mode"u8, mode);
                    to.End(1);
                }
            }
        );

    private static void NodeInfo(SeriesWriter to, in ObjectView of)
    {
        var info = of.Status["nodeInfo"u8];
        JsonView address = default;
        foreach (var one in of.Status["addresses"u8].Items())
        {
            if (address.IsAbsent && one["type"u8].TextEquals("InternalIP"u8))
            {
                address = one["address"u8];
            }
        }

        to.Begin();
        to.Label("kernel_version"u8, info["kernelVersion"u8]);
        to.Label("os_image"u8, info["osImage"u8]);
        to.Label("container_runtime_version"u8, info["containerRuntimeVersion"u8]);
        to.Label("kubelet_version"u8, info["kubeletVersion"u8]);
        to.Label("kubeproxy_version"u8, info["kubeProxyVersion"u8]);
        to.Label("provider_id"u8, of.Spec["providerID"u8]);
        to.Label("pod_cidr"u8, of.Spec["podCIDR"u8]);
        to.Label("system_uuid"u8, info["systemUUID"u8]);
        to.Label("internal_ip"u8, address);
        to.End(1);
    }

    private static void NodeRoles(SeriesWriter to, in ObjectView of)
    {
        for (var i = 0; i < of.Object.Labels.Count; i++)
        {
            if (of.Object.Labels[i].Key is { } key && key.StartsWith(RolePrefix, StringComparison.Ordinal))
            {
                to.Begin();
                to.Label("role"u8, key[RolePrefix.Length..]);
                to.End(1);
            }
        }
    }
}
