using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// Legacy discovery, which every client falls back to: the catalog's resources that the cluster has, with the verbs
/// get, list and watch.
/// </summary>
internal static class DiscoveryAnswer
{
    private static readonly HashSet<string> All =
    [
        "pods",
        "services",
        "deployments",
        "replicasets",
        "statefulsets",
        "daemonsets",
        "jobs",
        "cronjobs",
        "horizontalpodautoscalers",
    ];

    /// <summary>Answers a path without a resource; false if the group or version does not exist.</summary>
    public static async Task<bool> WriteAsync(HttpContext context, ClusterSession session, KubernetesPath path)
    {
        var known = session
            .Feeds.Where(feed => feed.Version is not null)
            .Select(feed => (Feed: feed, Version: feed.Version!.Value))
            .ToArray();
        if (path.Group == "*")
        {
            var groups = known
                .Select(item => item.Version)
                .Where(version => version.Group.Length > 0)
                .GroupBy(version => version.Group, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal);
            await JsonAnswer.WriteAsync(
                context,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("kind"u8, "APIGroupList"u8);
                    json.WriteString("apiVersion"u8, "v1"u8);
                    json.WriteStartArray("groups"u8);
                    foreach (var group in groups)
                    {
                        json.WriteStartObject();
                        WriteGroup(json, group.Key, group.Select(version => version.Version).Distinct());
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }
            );
            return true;
        }

        if (path.Version is null && path.Group.Length == 0)
        {
            await JsonAnswer.WriteAsync(
                context,
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("kind"u8, "APIVersions"u8);
                    json.WriteStartArray("versions"u8);
                    json.WriteStringValue("v1"u8);
                    json.WriteEndArray();
                    json.WriteStartArray("serverAddressByClientCIDRs"u8);
                    json.WriteEndArray();
                    json.WriteEndObject();
                }
            );
            return true;
        }

        var ofGroup = known
            .Where(item => item.Version.Group == path.Group && (path.Version is null || item.Version.Version == path.Version))
            .ToArray();
        if (ofGroup.Length == 0)
        {
            return false;
        }

        await JsonAnswer.WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                if (path.Version is null)
                {
                    json.WriteString("kind"u8, "APIGroup"u8);
                    json.WriteString("apiVersion"u8, "v1"u8);
                    WriteGroup(json, path.Group, ofGroup.Select(item => item.Version.Version).Distinct());
                }
                else
                {
                    json.WriteString("kind"u8, "APIResourceList"u8);
                    json.WriteString("apiVersion"u8, "v1"u8);
                    json.WriteString("groupVersion"u8, ofGroup[0].Version.ApiVersion);
                    json.WriteStartArray("resources"u8);
                    foreach (var (feed, version) in ofGroup)
                    {
                        WriteResource(json, feed, version);
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }
        );
        return true;
    }

    private static void WriteGroup(Utf8JsonWriter json, string group, IEnumerable<string> versions)
    {
        string? first = null;
        json.WriteString("name"u8, group);
        json.WriteStartArray("versions"u8);
        foreach (var version in versions)
        {
            first ??= version;
            WriteVersion(json, group, version);
        }

        json.WriteEndArray();
        json.WritePropertyName("preferredVersion"u8);
        WriteVersion(json, group, first!);
    }

    private static void WriteVersion(Utf8JsonWriter json, string group, string version)
    {
        json.WriteStartObject();
        json.WriteString("groupVersion"u8, $"{group}/{version}");
        json.WriteString("version"u8, version);
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, ResourceFeed feed, GroupVersionResource version)
    {
        var entry = feed.Entry;
        json.WriteStartObject();
        json.WriteString("name"u8, version.Resource);
        json.WriteString("singularName"u8, entry.Kind.ToLowerInvariant());
        json.WriteBoolean("namespaced"u8, entry.Namespaced);
        json.WriteString("kind"u8, entry.Kind);
        json.WriteStartArray("verbs"u8);
        json.WriteStringValue("get"u8);
        json.WriteStringValue("list"u8);
        json.WriteStringValue("watch"u8);
        json.WriteEndArray();
        json.WriteStartArray("shortNames"u8);
        foreach (var alias in entry.Aliases.Where(alias => !alias.Equals(entry.Kind, StringComparison.OrdinalIgnoreCase)))
        {
            json.WriteStringValue(alias);
        }

        json.WriteEndArray();
        if (All.Contains(entry.Name))
        {
            json.WriteStartArray("categories"u8);
            json.WriteStringValue("all"u8);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
