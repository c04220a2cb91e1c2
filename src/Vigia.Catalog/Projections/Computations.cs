using System.Collections.Frozen;
using System.Globalization;

namespace Vigia.Catalog.Projections;

/// <summary>The computed columns of catalog entries (<c>compute:</c>), for values that a path cannot express.</summary>
internal static class Computations
{
    private static readonly FrozenDictionary<string, CellProjection> ByName = new Dictionary<string, CellProjection>(StringComparer.Ordinal)
    {
        ["name"] = static (ref c) => Cell.Of(c.Raw.Name),
        ["age"] = static (ref c) => Cell.Of(c.Raw.CreationTimestamp),

        ["pod.ready"] = static (ref c) =>
            Cell.Of(Texts.Shared(string.Create(CultureInfo.InvariantCulture, $"{c.Pod.Ready}/{c.Pod.Containers}"))),
        ["pod.status"] = static (ref c) => Cell.Of(Texts.Shared(c.Pod.Status)),
        ["pod.restarts"] = static (ref c) => Cell.Of(c.Pod.Restarts, c.Pod.Restarts > 0 ? c.Pod.LastRestart : null),
        ["pod.ip"] = static (ref c) => Cell.Of(Texts.OrNone(c.Json["status"u8]["podIP"u8].Text)),
        ["pod.node"] = static (ref c) => Cell.Of(Texts.Shared(Texts.OrNone(c.Json["spec"u8]["nodeName"u8].Text))),
        ["pod.gates"] = static (ref c) => Cell.Of(Workloads.ReadinessGates(c.Json)),

        ["workload.containers"] = static (ref c) => Cell.Of(Texts.Shared(Texts.Join(Workloads.Template(c.Json)["containers"u8], "name"u8))),
        ["workload.images"] = static (ref c) => Cell.Of(Texts.Shared(Texts.Join(Workloads.Template(c.Json)["containers"u8], "image"u8))),
        ["workload.selector"] = static (ref c) => Cell.Of(Texts.Shared(Texts.Selector(c.Json["spec"u8]["selector"u8]))),
        ["workload.ready"] = static (ref c) => Cell.Of(Workloads.Ready(c.Json)),
        ["daemonset.nodeSelector"] = static (ref c) => Cell.Of(Texts.Labels(Workloads.Template(c.Json)["nodeSelector"u8])),
        ["job.status"] = static (ref c) => Cell.Of(Workloads.JobStatus(c.Json)),
        ["job.completions"] = static (ref c) => Cell.Of(Workloads.JobCompletions(c.Json)),
        ["job.duration"] = static (ref c) => Cell.Span(c.Json["status"u8]["startTime"u8].Time, Workloads.JobEnd(c.Json)),
        ["cronjob.suspend"] = static (ref c) => Cell.Of(c.Json["spec"u8]["suspend"u8].IsTrue ? "True" : "False"),
        ["cronjob.active"] = static (ref c) => Cell.Of(c.Json["status"u8]["active"u8].Count),
        ["cronjob.last"] = static (ref c) =>
            c.Json["status"u8]["lastScheduleTime"u8].Time is { } last ? Cell.Of(last) : Cell.Of(Texts.None),

        ["cronjob.selector"] = static (ref c) => Cell.Of(Texts.Selector(c.Json["spec"u8]["jobTemplate"u8]["spec"u8]["selector"u8])),

        ["service.externalIp"] = static (ref c) => Cell.Of(Networking.ExternalIp(c.Json)),
        ["service.ports"] = static (ref c) => Cell.Of(Texts.Shared(Networking.Ports(c.Json["spec"u8]["ports"u8]))),
        ["service.selector"] = static (ref c) => Cell.Of(Texts.Labels(c.Json["spec"u8]["selector"u8])),
        ["ingress.class"] = static (ref c) => Cell.Of(Networking.IngressClass(c.Json)),
        ["ingress.hosts"] = static (ref c) => Cell.Of(Networking.IngressHosts(c.Json)),
        ["ingress.address"] = static (ref c) => Cell.Of(Networking.LoadBalancer(c.Json)),
        ["ingress.ports"] = static (ref c) => Cell.Of(c.Json["spec"u8]["tls"u8].Count > 0 ? "80, 443" : "80"),

        ["configmap.data"] = static (ref c) => Cell.Of(c.Json["data"u8].Count + c.Json["binaryData"u8].Count),
        ["serviceaccount.secrets"] = static (ref c) => Cell.Of(c.Json["secrets"u8].Count),

        ["node.status"] = static (ref c) => Cell.Of(Nodes.Status(c.Json)),
        ["node.roles"] = static (ref c) => Cell.Of(Nodes.Roles(c.Raw.Labels)),
        ["node.internalIp"] = static (ref c) => Cell.Of(Nodes.Address(c.Json, "InternalIP")),
        ["node.externalIp"] = static (ref c) => Cell.Of(Nodes.Address(c.Json, "ExternalIP")),
        ["node.osImage"] = static (ref c) => Cell.Of(Nodes.Info(c.Json, "osImage"u8)),
        ["node.kernel"] = static (ref c) => Cell.Of(Nodes.Info(c.Json, "kernelVersion"u8)),
        ["node.runtime"] = static (ref c) => Cell.Of(Nodes.Info(c.Json, "containerRuntimeVersion"u8)),

        ["pvc.status"] = static (ref c) => Cell.Of(c.Raw.DeletionTimestamp is null ? c.Json["status"u8]["phase"u8].Text : "Terminating"),
        ["pvc.capacity"] = static (ref c) => Cell.Of(Storage.ClaimCapacity(c.Json)),
        ["pvc.modes"] = static (ref c) => Cell.Of(Storage.ClaimModes(c.Json)),
        ["pvc.class"] = static (ref c) => Cell.Of(Storage.Class(c.Json)),
        ["pvc.volumeMode"] = static (ref c) => Cell.Of(c.Json["spec"u8]["volumeMode"u8].Text ?? Texts.Unset),
        ["pvc.attributesClass"] = static (ref c) => Cell.Of(c.Json["spec"u8]["volumeAttributesClassName"u8].Text ?? Texts.Unset),
        ["pv.modes"] = static (ref c) => Cell.Of(Storage.Modes(c.Json["spec"u8]["accessModes"u8])),
        ["pv.claim"] = static (ref c) => Cell.Of(Storage.ClaimOf(c.Json)),
        ["pv.status"] = static (ref c) => Cell.Of(c.Raw.DeletionTimestamp is null ? c.Json["status"u8]["phase"u8].Text : "Terminating"),

        ["hpa.reference"] = static (ref c) =>
            Cell.Of($"{c.Json["spec"u8]["scaleTargetRef"u8]["kind"u8].Text}/{c.Json["spec"u8]["scaleTargetRef"u8]["name"u8].Text}"),
        ["hpa.targets"] = static (ref c) => Cell.Of(Autoscaling.Targets(c.Json)),
        ["hpa.min"] = static (ref c) => Cell.Of(c.Json["spec"u8]["minReplicas"u8].Text ?? Texts.Unset),

        ["created"] = static (ref c) => Cell.Of(OtherKinds.Created(c.Raw)),
        ["controller"] = static (ref c) => Cell.Of(OtherKinds.Controller(c.Raw)),
        ["networkpolicy.selector"] = static (ref c) => Cell.Of(Texts.Selector(c.Json["spec"u8]["podSelector"u8])),
        ["storageclass.name"] = static (ref c) => Cell.Of(OtherKinds.StorageClassName(c.Raw, c.Json)),
        ["quota.requests"] = static (ref c) => Cell.Of(OtherKinds.Quota(c.Json, limits: false)),
        ["quota.limits"] = static (ref c) => Cell.Of(OtherKinds.Quota(c.Json, limits: true)),
        ["endpoints.addresses"] = static (ref c) => Cell.Of(OtherKinds.Endpoints(c.Json)),
        ["endpointslice.ports"] = static (ref c) => Cell.Of(OtherKinds.SlicePorts(c.Json)),
        ["endpointslice.addresses"] = static (ref c) => Cell.Of(OtherKinds.SliceAddresses(c.Json)),
        ["binding.role"] = static (ref c) => Cell.Of(OtherKinds.Role(c.Json)),
        ["binding.users"] = static (ref c) => Cell.Of(OtherKinds.Subjects(c.Json, "User")),
        ["binding.groups"] = static (ref c) => Cell.Of(OtherKinds.Subjects(c.Json, "Group")),
        ["binding.serviceAccounts"] = static (ref c) => Cell.Of(OtherKinds.Subjects(c.Json, "ServiceAccount")),
        ["ingressclass.parameters"] = static (ref c) => Cell.Of(OtherKinds.IngressParameters(c.Json["spec"u8]["parameters"u8])),
        ["csinode.drivers"] = static (ref c) => Cell.Of(c.Json["spec"u8]["drivers"u8].Count),
        ["webhooks"] = static (ref c) => Cell.Of(c.Json["webhooks"u8].Count),
        ["apiservice.service"] = static (ref c) => Cell.Of(OtherKinds.ServiceOf(c.Json)),
        ["apiservice.available"] = static (ref c) => Cell.Of(OtherKinds.Available(c.Json)),

        ["event.last"] = static (ref c) => Cell.Of(Events.LastSeen(c.Json)),
        ["event.first"] = static (ref c) => Cell.Of(Events.FirstSeen(c.Json)),
        ["event.object"] = static (ref c) => Cell.Of(Events.Object(c.Json)),
        ["event.source"] = static (ref c) => Cell.Of(Events.Source(c.Json)),
        ["event.message"] = static (ref c) => Cell.Of((c.Json["message"u8].Text ?? c.Json["note"u8].Text ?? "").Trim()),
        ["event.count"] = static (ref c) => Cell.Of(Events.Count(c.Json)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names, for messages.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    public static CellProjection? Find(string name) => ByName.GetValueOrDefault(name);
}
