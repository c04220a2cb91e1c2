using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Vigia.Simulator.Validation;

/// <summary>
/// The validation rules that users meet most: names, required parts, counts, immutable fields. Not a schema.
/// </summary>
internal static partial class ObjectRules
{
    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private static readonly string[] ChangeableInPods =
    [
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
        "nodeName",
        "schedulingGates",
    ];

    public static void CheckNew(ResourceType type, JsonObject obj)
    {
        var causes = new List<StatusCause>();
        var metadata = obj["metadata"] as JsonObject;
        var name = (string?)metadata?["name"] ?? (string?)metadata?["generateName"] ?? "";
        var tested = metadata?["name"] is null ? name.TrimEnd('-') : name;
        if (name.Length == 0)
        {
            causes.Add(StatusCause.Required("metadata.name", "name or generateName is required"));
        }
        else if (!type.Group.StartsWith("rbac.", StringComparison.Ordinal) && (tested.Length > 253 || !Subdomain().IsMatch(tested)))
        {
            causes.Add(StatusCause.Wrong("metadata.name", $"\"{name}\"", SubdomainRule));
        }

        Labels(metadata?["labels"] as JsonObject, "metadata.labels", causes);
        CheckSpec(type, obj, causes);
        Refuse(type, name, causes);
    }

    public static void CheckUpdate(ResourceType type, JsonObject was, JsonObject now)
    {
        var causes = new List<StatusCause>();
        Labels(now["metadata"]?["labels"] as JsonObject, "metadata.labels", causes);
        CheckSpec(type, now, causes);
        var immutable = (type.Group, type.Plural) switch
        {
            ("apps", "deployments" or "replicasets" or "daemonsets" or "statefulsets") or ("batch", "jobs") => "selector",
            ("", "persistentvolumes") => "persistentVolumeSource",
            _ => null,
        };
        if (immutable is not null && was["spec"]?[immutable] is { } old && !JsonNode.DeepEquals(old, now["spec"]?[immutable]))
        {
            causes.Add(StatusCause.Wrong($"spec.{immutable}", now["spec"]?[immutable]?.ToJsonString() ?? "null", "field is immutable"));
        }

        if (type.Gvr == BuiltInTypes.Pods.Gvr && !JsonNode.DeepEquals(Frozen(was), Frozen(now)))
        {
            causes.Add(
                new StatusCause(
                    "FieldValueForbidden",
                    "Forbidden: pod updates may not change fields other than "
                        + "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
                        + "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if "
                        + "it was previously negative)",
                    "spec"
                )
            );
        }

        if (type.Plural is "secrets" or "configmaps" && (bool?)was["immutable"] == true && !JsonNode.DeepEquals(was["data"], now["data"]))
        {
            causes.Add(new StatusCause("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", "data"));
        }

        Refuse(type, (string?)now["metadata"]?["name"] ?? "", causes);
    }

    private static void CheckSpec(ResourceType type, JsonObject obj, List<StatusCause> causes)
    {
        var spec = obj["spec"] as JsonObject;
        if (spec?["replicas"] is JsonValue count)
        {
            // A default set here is an int; a value read from JSON may have either type.
            var replicas = 0L;
            if (count.TryGetValue(out int few))
            {
                replicas = few;
            }
            else if (!count.TryGetValue(out replicas))
            {
                throw StatusException.BadRequest(
                    $"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: json: cannot unmarshal "
                        + $"{count.GetValueKind().ToString().ToLowerInvariant()} into Go struct field {type.Kind}Spec.spec.replicas "
                        + $"of type int32"
                );
            }

            if (replicas < 0)
            {
                causes.Add(StatusCause.Wrong("spec.replicas", count.ToJsonString(), "must be greater than or equal to 0"));
            }
        }

        switch (type.Group, type.Plural)
        {
            case ("", "pods"):
                Containers(spec, "spec", causes);
                break;
            case ("apps", "deployments" or "replicasets" or "daemonsets" or "statefulsets"):
                Selector(spec, causes);
                Containers(spec?["template"]?["spec"] as JsonObject, "spec.template.spec", causes);
                break;
            case ("batch", "jobs"):
                Containers(spec?["template"]?["spec"] as JsonObject, "spec.template.spec", causes);
                if ((string?)spec?["template"]?["spec"]?["restartPolicy"] == "Always")
                {
                    causes.Add(
                        new StatusCause(
                            "FieldValueNotSupported",
                            "Unsupported value: \"Always\": supported values: \"OnFailure\", \"Never\"",
                            "spec.template.spec.restartPolicy"
                        )
                    );
                }

                break;
            case ("batch", "cronjobs"):
                if (string.IsNullOrEmpty((string?)spec?["schedule"]))
                {
                    causes.Add(StatusCause.Required("spec.schedule"));
                }

                Containers(
                    spec?["jobTemplate"]?["spec"]?["template"]?["spec"] as JsonObject,
                    "spec.jobTemplate.spec.template.spec",
                    causes
                );
                break;
            case ("", "services") when NeedsPorts(spec):
                if (spec?["ports"] is not JsonArray { Count: > 0 })
                {
                    causes.Add(StatusCause.Required("spec.ports"));
                }

                break;
            case ("apiextensions.k8s.io", "customresourcedefinitions"):
                Definition(obj, spec, causes);
                break;
        }
    }

    private static bool NeedsPorts(JsonObject? spec) =>
        ((string?)spec?["type"] != "ExternalName") && ((string?)spec?["clusterIP"] != "None");

    private static void Definition(JsonObject obj, JsonObject? spec, List<StatusCause> causes)
    {
        foreach (var part in (string[])["group", "scope"])
        {
            if (string.IsNullOrEmpty((string?)spec?[part]))
            {
                causes.Add(StatusCause.Required($"spec.{part}"));
            }
        }

        foreach (var part in (string[])["plural", "kind"])
        {
            if (string.IsNullOrEmpty((string?)spec?["names"]?[part]))
            {
                causes.Add(StatusCause.Required($"spec.names.{part}"));
            }
        }

        if (spec?["versions"] is not JsonArray { Count: > 0 })
        {
            causes.Add(StatusCause.Required("spec.versions"));
        }

        var (plural, name) = ((string?)spec?["names"]?["plural"], (string?)obj["metadata"]?["name"]);
        if (causes.Count == 0 && name != plural + "." + (string?)spec?["group"])
        {
            causes.Add(StatusCause.Wrong("metadata.name", $"\"{name}\"", "must be spec.names.plural+\".\"+spec.group"));
        }
    }

    private static void Selector(JsonObject? spec, List<StatusCause> causes)
    {
        if (spec?["selector"] is not JsonObject { Count: > 0 } selector)
        {
            causes.Add(StatusCause.Required("spec.selector"));
            return;
        }

        var labels = spec["template"]?["metadata"]?["labels"] as JsonObject;
        foreach (var (key, value) in selector["matchLabels"] as JsonObject ?? [])
        {
            if (labels?[key]?.ToString() != value?.ToString())
            {
                causes.Add(
                    StatusCause.Wrong(
                        "spec.template.metadata.labels",
                        labels?.ToJsonString() ?? "null",
                        "`selector` does not match template `labels`"
                    )
                );
                break;
            }
        }
    }

    private static void Containers(JsonObject? spec, string path, List<StatusCause> causes)
    {
        if (spec?["containers"] is not JsonArray { Count: > 0 } containers)
        {
            causes.Add(StatusCause.Required($"{path}.containers"));
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < containers.Count; i++)
        {
            var name = (string?)containers[i]?["name"] ?? "";
            if (name.Length == 0)
            {
                causes.Add(StatusCause.Required($"{path}.containers[{i}].name"));
            }
            else if (!seen.Add(name))
            {
                causes.Add(new StatusCause("FieldValueDuplicate", $"Duplicate value: \"{name}\"", $"{path}.containers[{i}].name"));
            }

            if (string.IsNullOrEmpty((string?)containers[i]?["image"]))
            {
                causes.Add(StatusCause.Required($"{path}.containers[{i}].image"));
            }
        }
    }

    private static void Labels(JsonObject? labels, string path, List<StatusCause> causes)
    {
        foreach (var (key, value) in labels ?? [])
        {
            var text =
                value is JsonValue v && v.TryGetValue(out string? t)
                    ? t
                    : throw StatusException.BadRequest($"{path}[{key}]: json: cannot unmarshal into Go type string");
            if (!LabelKey().IsMatch(key))
            {
                causes.Add(
                    StatusCause.Wrong(
                        path,
                        $"\"{key}\"",
                        "name part must consist of alphanumeric characters, '-', '_' or '.', "
                            + "and must start and end with an alphanumeric character"
                    )
                );
            }

            if (!LabelValue().IsMatch(text))
            {
                causes.Add(
                    StatusCause.Wrong(
                        path,
                        $"\"{text}\"",
                        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
                            + "end with an alphanumeric character"
                    )
                );
            }
        }
    }

    private static JsonObject Frozen(JsonObject pod)
    {
        var spec = pod["spec"]?.DeepClone() as JsonObject ?? [];
        foreach (var key in ChangeableInPods)
        {
            spec.Remove(key);
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var container in (spec[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                container.Remove("image");
                container.Remove("imagePullPolicy");
            }
        }

        return spec;
    }

    private static void Refuse(ResourceType type, string name, List<StatusCause> causes)
    {
        if (causes.Count > 0)
        {
            throw StatusException.Invalid(type, name, [.. causes]);
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
