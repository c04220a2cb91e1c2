using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Validation;

namespace Vigia.Simulator.Cluster;

/// <summary>Creates pods from templates, with the fields that the real server's admission adds.</summary>
internal static class PodMaker
{
    /// <summary>
    /// A pod of a controller's template; without a name it gets one made of <paramref name="generateName"/>.
    /// </summary>
    public static JsonObject Make(
        JsonObject template,
        StoredObject owner,
        string? name,
        string? generateName,
        params (string Key, string Value)[] labels
    )
    {
        var copy = template.DeepClone().AsObject();
        var metadata = Json.Child(copy, "metadata");
        metadata.Remove("creationTimestamp");
        if (name is not null)
        {
            metadata["name"] = name;
        }

        if (generateName is not null)
        {
            metadata["generateName"] = generateName;
        }

        metadata["namespace"] = owner.Key.Namespace;
        foreach (var (key, value) in labels)
        {
            Json.Child(metadata, "labels")[key] = value;
        }

        metadata["ownerReferences"] = OwnedBy(owner);
        return Complete(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = metadata.DeepClone(),
                ["spec"] = Json.Child(copy, "spec").DeepClone(),
            }
        );
    }

    public static JsonArray OwnedBy(StoredObject owner) =>
        new(
            new JsonObject
            {
                ["apiVersion"] = owner.Type.ApiVersion,
                ["kind"] = owner.Type.Kind,
                ["name"] = owner.Key.Name,
                ["uid"] = owner.Uid,
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            }
        );

    /// <summary>
    /// Fills in defaults, the service account's token and the tolerations every pod has, and a first status.
    /// </summary>
    public static JsonObject Complete(JsonObject pod)
    {
        var spec = Json.Child(pod, "spec");
        spec["serviceAccountName"] ??= "default";
        spec["serviceAccount"] = spec["serviceAccountName"]!.DeepClone();
        if (spec["tolerations"] is not JsonArray tolerations)
        {
            spec["tolerations"] = tolerations = [];
        }

        foreach (var key in (string[])["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            tolerations.AddNode(
                new JsonObject
                {
                    ["key"] = key,
                    ["operator"] = "Exists",
                    ["effect"] = "NoExecute",
                    ["tolerationSeconds"] = 300,
                }
            );
        }

        if (spec["volumes"] is not JsonArray volumes)
        {
            spec["volumes"] = volumes = [];
        }

        const string Token = "kube-api-access-x7k2m";
        volumes.AddNode(
            Json.Parse(
                $$$$"""
                {"name":"{{{{Token}}}}","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
                 {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
                 {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],
                 "defaultMode":420}}
                """
            )
        );
        foreach (var container in (spec["containers"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (container["volumeMounts"] is not JsonArray mounts)
            {
                container["volumeMounts"] = mounts = [];
            }

            mounts.AddNode(
                new JsonObject
                {
                    ["name"] = Token,
                    ["readOnly"] = true,
                    ["mountPath"] = "/var/run/secrets/kubernetes.io/serviceaccount",
                }
            );
        }

        spec["priority"] ??= 0;
        spec["preemptionPolicy"] ??= "PreemptLowerPriority";
        Defaults.Apply(BuiltInTypes.Pods, pod);
        pod["status"] = new JsonObject { ["phase"] = "Pending" };
        return pod;
    }
}
