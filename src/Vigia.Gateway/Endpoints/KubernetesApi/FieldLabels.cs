using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The fields that API servers select by, kind by kind. Any other is refused as they refuse it: an empty list for a
/// misspelt field would read as "there is nothing".
/// </summary>
internal static class FieldLabels
{
    private static readonly string[] OfEvents =
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
    ];

    private static readonly Dictionary<string, string[]> Known = new(StringComparer.Ordinal)
    {
        ["pods"] =
        [
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ["events"] = OfEvents,
        ["nodes"] = ["spec.unschedulable"],
        ["namespaces"] = ["status.phase"],
        ["services"] = ["spec.clusterIP", "spec.type"],
        ["replicationcontrollers"] = ["status.replicas"],
        ["replicasets.apps"] = ["status.replicas"],
        ["certificatesigningrequests.certificates.k8s.io"] = ["spec.signerName"],
    };

    // Fields that are absent from an object where they are false, and false to a selector.
    private static readonly string[] Flags = ["spec.hostNetwork", "spec.unschedulable"];

    /// <summary>The selector in the form that is evaluated here, on the paths of an object.</summary>
    /// <exception cref="StatusRefusal">It has a field that is not the resource's, or cannot be understood.</exception>
    public static string Translate(ResourceEntry entry, GroupVersionResource resource, string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        if (!FieldSelector.TryParse(text, out var selector, out var error))
        {
            throw new StatusRefusal(StatusAnswer.BadRequest(error));
        }

        return string.Join(',', selector.Requirements.Select(requirement => Term(entry, resource, requirement)));
    }

    /// <summary>A term that holds for objects of this name.</summary>
    public static string Named(string name) => $"metadata.name={Escape(name)}";

    private static string Term(ResourceEntry entry, GroupVersionResource resource, FieldRequirement requirement)
    {
        // If only metadata is cached, no other field can be evaluated.
        var (field, isEqual, value) = (requirement.Field, requirement.IsEqual, requirement.Value);
        if (
            field is not ("metadata.name" or "metadata.namespace")
            && (entry.MetadataOnly || !Known.GetValueOrDefault(resource.GroupResource, []).Contains(field))
        )
        {
            throw new StatusRefusal(StatusAnswer.BadRequest($"field label not supported: {field}"));
        }

        if (Flags.Contains(field) && value == "false")
        {
            (isEqual, value) = (!isEqual, "true");
        }

        return $"{(field == "source" ? "source.component" : field)}{(isEqual ? "=" : "!=")}{Escape(value)}";
    }

    private static string Escape(string value) =>
        value
            .Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace(",", @"\,", StringComparison.Ordinal)
            .Replace("=", @"\=", StringComparison.Ordinal);
}
