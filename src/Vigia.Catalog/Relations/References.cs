using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Relations;

/// <summary>Reads what objects refer to by name, from their bytes.</summary>
internal static class References
{
    /// <summary>
    /// The resources that may refer to an object of a resource; a search for references looks through them.
    /// </summary>
    public static IReadOnlyList<string> Sources(string resource) =>
        resource switch
        {
            "nodes" or "configmaps" or "serviceaccounts" => ["pods"],
            "secrets" => ["pods", "ingresses", "serviceaccounts"],
            "persistentvolumeclaims" => ["pods"],
            "persistentvolumes" => ["persistentvolumeclaims"],
            "services" => ["ingresses", "statefulsets"],
            "deployments" or "replicasets" or "statefulsets" => ["horizontalpodautoscalers"],
            _ => [],
        };

    /// <summary>
    /// All references of the object by name. Owners are not included, nor objects found by a selector.
    /// </summary>
    public static IReadOnlyList<Reference> Of(ResourceCatalog catalog, ResourceEntry entry, RawObject o)
    {
        var found = new List<Reference>();
        using var lease = o.Open();
        var json = new JsonView(lease.Span);
        switch (entry.Name)
        {
            case "pods":
                Pod(json["spec"u8], o.Namespace, found);
                break;
            case "ingresses":
                Ingress(json["spec"u8], o.Namespace, found);
                break;
            case "horizontalpodautoscalers":
                AddObject(found, catalog, json["spec"u8]["scaleTargetRef"u8], o.Namespace, "scales");
                break;
            case "events":
                var about = json["regarding"u8].IsAbsent ? json["involvedObject"u8] : json["regarding"u8];
                AddObject(found, catalog, about, about["namespace"u8].Text ?? "", "about");
                break;
            case "persistentvolumeclaims":
                Add(found, "persistentvolumes", "", json["spec"u8]["volumeName"u8].Text, "bound");
                break;
            case "statefulsets":
                Add(found, "services", o.Namespace, json["spec"u8]["serviceName"u8].Text, "governed-by");
                break;
            case "serviceaccounts":
                foreach (var secret in json["secrets"u8].Items())
                {
                    Add(found, "secrets", o.Namespace, secret["name"u8].Text, "uses");
                }

                break;
        }

        return [.. found.Distinct()];
    }

    /// <summary>The labels that a service's pods must have; null if it has no selector.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? Selector(RawObject service)
    {
        using var lease = service.Open();
        var selector = new JsonView(lease.Span)["spec"u8]["selector"u8];
        var wanted = new List<KeyValuePair<string, string>>();
        foreach (var label in selector.Members())
        {
            wanted.Add(new(System.Text.Encoding.UTF8.GetString(label.Name), label.Value.Text ?? ""));
        }

        return wanted.Count == 0 ? null : wanted;
    }

    /// <summary>True if the labels have all that the selector wants.</summary>
    public static bool Selects(IReadOnlyList<KeyValuePair<string, string>> selector, LabelSet labels)
    {
        foreach (var (key, value) in selector)
        {
            if (!labels.TryGetValue(key, out var has) || has != value)
            {
                return false;
            }
        }

        return true;
    }

    private static void Pod(JsonView spec, string ns, List<Reference> found)
    {
        Add(found, "nodes", "", spec["nodeName"u8].Text, "runs-on");
        Add(found, "serviceaccounts", ns, spec["serviceAccountName"u8].Text, "runs-as");
        foreach (var secret in spec["imagePullSecrets"u8].Items())
        {
            Add(found, "secrets", ns, secret["name"u8].Text, "pulls-with");
        }

        foreach (var volume in spec["volumes"u8].Items())
        {
            Add(found, "persistentvolumeclaims", ns, volume["persistentVolumeClaim"u8]["claimName"u8].Text, "mounts");
            Volume(volume, ns, found);
            foreach (var source in volume["projected"u8]["sources"u8].Items())
            {
                Add(found, "configmaps", ns, source["configMap"u8]["name"u8].Text, "mounts");
                Add(found, "secrets", ns, source["secret"u8]["name"u8].Text, "mounts");
            }
        }

        Environment(spec["initContainers"u8], ns, found);
        Environment(spec["containers"u8], ns, found);
    }

    private static void Volume(JsonView volume, string ns, List<Reference> found)
    {
        Add(found, "configmaps", ns, volume["configMap"u8]["name"u8].Text, "mounts");
        Add(found, "secrets", ns, volume["secret"u8]["secretName"u8].Text, "mounts");
    }

    private static void Environment(JsonView containers, string ns, List<Reference> found)
    {
        foreach (var container in containers.Items())
        {
            foreach (var from in container["envFrom"u8].Items())
            {
                Add(found, "configmaps", ns, from["configMapRef"u8]["name"u8].Text, "reads");
                Add(found, "secrets", ns, from["secretRef"u8]["name"u8].Text, "reads");
            }

            foreach (var variable in container["env"u8].Items())
            {
                Add(found, "configmaps", ns, variable["valueFrom"u8]["configMapKeyRef"u8]["name"u8].Text, "reads");
                Add(found, "secrets", ns, variable["valueFrom"u8]["secretKeyRef"u8]["name"u8].Text, "reads");
            }
        }
    }

    private static void Ingress(JsonView spec, string ns, List<Reference> found)
    {
        Backend(spec["defaultBackend"u8], ns, found);
        Backend(spec["backend"u8], ns, found);
        foreach (var rule in spec["rules"u8].Items())
        {
            foreach (var path in rule["http"u8]["paths"u8].Items())
            {
                Backend(path["backend"u8], ns, found);
            }
        }

        foreach (var tls in spec["tls"u8].Items())
        {
            Add(found, "secrets", ns, tls["secretName"u8].Text, "tls");
        }
    }

    /// <summary>networking.k8s.io/v1 has service.name, the versions before it serviceName.</summary>
    private static void Backend(JsonView backend, string ns, List<Reference> found) =>
        Add(found, "services", ns, backend["service"u8]["name"u8].Text ?? backend["serviceName"u8].Text, "routes");

    private static void AddObject(List<Reference> found, ResourceCatalog catalog, JsonView reference, string ns, string kind)
    {
        if (EntryOf(catalog, reference["apiVersion"u8].Text, reference["kind"u8].Text) is { } entry)
        {
            Add(found, entry.Name, entry.Namespaced ? ns : "", reference["name"u8].Text, kind);
        }
    }

    /// <summary>The entry of a kind in a group, whatever its version; null if the catalog has none.</summary>
    public static ResourceEntry? EntryOf(ResourceCatalog catalog, string? apiVersion, string? kind) =>
        kind is null ? null : catalog.Entries.FirstOrDefault(entry => IsOf(entry, apiVersion, kind));

    /// <summary>
    /// True if a reference by version and kind means objects of the entry: the group decides, the version does not.
    /// </summary>
    public static bool IsOf(ResourceEntry entry, string? apiVersion, string kind)
    {
        var slash = apiVersion?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        var group = slash < 0 ? "" : apiVersion![..slash];
        return entry.Kind == kind && entry.Versions.Any(version => version.Group == group);
    }

    private static void Add(List<Reference> found, string resource, string ns, string? name, string kind)
    {
        if (name is { Length: > 0 })
        {
            found.Add(new(resource, ns, name, kind));
        }
    }
}
