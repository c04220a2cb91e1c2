using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;
using Vigia.Live.Clusters;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Access;

/// <summary>The clusters that a request names, in its path or in <c>cluster=</c>.</summary>
internal static class RequestClusters
{
    /// <summary>The one cluster that a request names; null if it names none, or several.</summary>
    public static string? OnlyOf(HttpRequest request, ClusterSet clusters) => Of(request, clusters) is [var only] ? only : null;

    /// <summary>
    /// The names; null if the request names none. One that the gateway does not have is among them.
    /// </summary>
    public static IReadOnlyList<string>? Of(HttpRequest request, ClusterSet clusters)
    {
        // As the Kubernetes API reads it: a token must not go to another cluster than the one that answers.
        if (KubernetesAddress.Of(request, name => clusters.Find(name) is not null).Cluster is { } addressed)
        {
            return [addressed];
        }

        var values = request.Query["cluster"];
        if (values.Count == 1 && values[0] is { Length: > 0 } whole && clusters.Find(whole) is not null)
        {
            return [whole];
        }

        var names = values.SelectMany(ClusterNames.Split).Distinct(StringComparer.Ordinal).Take(QueryLimits.Names).ToArray();
        return names.Length > 0 ? names : null;
    }
}
