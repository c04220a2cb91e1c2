using System.Text.Json;
using Microsoft.Extensions.Logging;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>
/// Whether the server behind a configuration is the cluster that is held: by the uid of the namespace kube-system,
/// which is made once in a cluster's life and never again.
/// </summary>
internal static class ClusterIdentity
{
    private const string Path = "/api/v1/namespaces/kube-system";
    private const string Metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    private static readonly ObjectKey Namespace = new("", "kube-system");

    /// <summary>
    /// True for the same cluster; false for another one or if it is unknown; null if the cluster is unavailable. With
    /// the reason, in words.
    /// </summary>
    public static async Task<(bool? IsSame, string Reason)> CompareAsync(
        ClusterSession? session,
        ClusterConfiguration configuration,
        KubernetesClientOptions? options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken
    )
    {
        if (session?.Find("namespaces")?.Informer?.Store.Get(Namespace)?.Uid is not { Length: > 0 } held)
        {
            return (false, "it is unknown whether it is the same cluster: the namespace kube-system is not cached");
        }

        await using var client = new KubernetesClient(configuration, options, time, loggers);
        try
        {
            using var document = JsonDocument.Parse(await client.GetBytesAsync(Path, Metadata, cancellationToken));
            var found = document.RootElement.GetProperty("metadata").GetProperty("uid").GetString();
            return found == held
                ? (true, "")
                : (false, $"it is another cluster: the uid of the namespace kube-system is {found} and was {held}");
        }
        catch (KubernetesApiException refused) when (refused.Code is 403 or 404)
        {
            return (false, $"it is unknown whether it is the same cluster: {refused.Message}");
        }
        catch (Exception error)
            when (error
                    is KubernetesApiException
                        or KubernetesConnectionException
                        or HttpRequestException
                        or IOException
                        or JsonException
                        or KeyNotFoundException
            )
        {
            return (null, error.Message);
        }
    }
}
