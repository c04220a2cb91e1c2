using System.Globalization;
using Vigia.Catalog.Paths;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Projections;

/// <summary>Columns of built-in kinds that are looked at now and then (kubernetes printers.go).</summary>
internal static class OtherKinds
{
    private const int MostEndpoints = 3;

    public static string Created(RawObject o) =>
        o.CreationTimestamp?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "<unknown>";

    public static string StorageClassName(RawObject o, JsonView json) =>
        json["metadata"u8]["annotations"u8]["storageclass.kubernetes.io/is-default-class"u8].TextEquals("true"u8)
        || json["metadata"u8]["annotations"u8]["storageclass.beta.kubernetes.io/is-default-class"u8].TextEquals("true"u8)
            ? o.Name + " (default)"
            : o.Name;

    /// <summary>A quota's limits, or all else: <c>pods: 1/10, requests.cpu: 100m/2</c>, by name.</summary>
    public static string Quota(JsonView quota, bool limits)
    {
        var used = quota["status"u8]["used"u8];
        var lines = new List<string>();
        foreach (var hard in quota["status"u8]["hard"u8].Members())
        {
            var name = System.Text.Encoding.UTF8.GetString(hard.Name);
            if (name.StartsWith("limits.", StringComparison.Ordinal) == limits)
            {
                lines.Add($"{name}: {used[hard.Name].Text ?? "0"}/{hard.Value.Text}");
            }
        }

        return string.Join(", ", lines.Order(StringComparer.Ordinal));
    }

    /// <summary>The first addresses with their ports, and how many more there are.</summary>
    public static string Endpoints(JsonView endpoints)
    {
        var (shown, count) = (new List<string>(), 0);
        foreach (var subset in endpoints["subsets"u8].Items())
        {
            if (subset["ports"u8].Count == 0)
            {
                foreach (var address in subset["addresses"u8].Items())
                {
                    Add(address["ip"u8].Text ?? "");
                }

                continue;
            }

            foreach (var port in subset["ports"u8].Items())
            {
                foreach (var address in subset["addresses"u8].Items())
                {
                    var ip = address["ip"u8].Text ?? "";
                    Add($"{(ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip)}:{port["port"u8].Text}");
                }
            }
        }

        return List(shown, count);

        void Add(string text)
        {
            count++;
            if (shown.Count < MostEndpoints)
            {
                shown.Add(text);
            }
        }
    }

    public static string SlicePorts(JsonView slice)
    {
        var (shown, count) = (new List<string>(), 0);
        foreach (var port in slice["ports"u8].Items())
        {
            count++;
            if (shown.Count < MostEndpoints)
            {
                shown.Add(port["port"u8].Text ?? "*");
            }
        }

        return count == 0 ? Texts.Unset : List(shown, count);
    }

    public static string SliceAddresses(JsonView slice)
    {
        var (shown, count) = (new List<string>(), 0);
        foreach (var endpoint in slice["endpoints"u8].Items())
        {
            foreach (var address in endpoint["addresses"u8].Items())
            {
                count++;
                if (shown.Count < MostEndpoints)
                {
                    shown.Add(address.Text ?? "");
                }
            }
        }

        return count == 0 ? Texts.Unset : List(shown, count);
    }

    public static string Role(JsonView binding) => $"{binding["roleRef"u8]["kind"u8].Text}/{binding["roleRef"u8]["name"u8].Text}";

    public static string Subjects(JsonView binding, string kind)
    {
        var names = new List<string>();
        foreach (var subject in binding["subjects"u8].Items())
        {
            if (subject["kind"u8].Text == kind)
            {
                names.Add(
                    kind == "ServiceAccount" ? $"{subject["namespace"u8].Text}/{subject["name"u8].Text}" : subject["name"u8].Text ?? ""
                );
            }
        }

        return string.Join(", ", names);
    }

    public static string IngressParameters(JsonView parameters)
    {
        if (parameters.IsAbsent)
        {
            return Texts.None;
        }

        var group = parameters["apiGroup"u8].Text is { Length: > 0 } named ? "." + named : "";
        return $"{parameters["kind"u8].Text}{group}/{parameters["name"u8].Text}";
    }

    public static string ServiceOf(JsonView service) =>
        service["spec"u8]["service"u8] is var target && target.IsAbsent ? "Local" : $"{target["namespace"u8].Text}/{target["name"u8].Text}";

    public static string Available(JsonView service)
    {
        foreach (var condition in service["status"u8]["conditions"u8].Items())
        {
            if (condition["type"u8].TextEquals("Available"u8))
            {
                return condition["status"u8].TextEquals("True"u8) ? "True" : $"{condition["status"u8].Text} ({condition["reason"u8].Text})";
            }
        }

        return "Unknown";
    }

    public static string Controller(RawObject o)
    {
        if (o.Owners.FirstOrDefault(owner => owner.IsController) is not { } owner)
        {
            return Texts.None;
        }

        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash > 0 ? "." + owner.ApiVersion[..slash] : "";
        return $"{owner.Kind.ToLowerInvariant()}{group}/{owner.Name}";
    }

    private static string List(List<string> shown, int count) =>
        count == 0
            ? Texts.None
            : string.Join(',', shown)
                + (count > shown.Count ? string.Create(CultureInfo.InvariantCulture, $" + {count - shown.Count} more...") : "");
}
