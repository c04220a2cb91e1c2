using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Live.Clusters;

/// <summary>The evidence of one object about the history in which it was seen.</summary>
internal enum ProbeResult
{
    /// <summary>The server has that history, up to this object's change.</summary>
    Same,

    /// <summary>The server has another history.</summary>
    Other,

    /// <summary>The object gives no evidence.</summary>
    Unknown,
}

/// <summary>
/// Reads one object from an API server, in its current and its earlier version, to check whether the server has the
/// history in which the object was seen.
/// </summary>
internal static class HistoryProbe
{
    // Metadata or nothing: a server that cannot give it is not to send the object instead.
    private const string Metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    /// <summary>Probes one object.</summary>
    /// <param name="client">The cluster's client.</param>
    /// <param name="resource">The object's resource.</param>
    /// <param name="expected">The object as it was seen.</param>
    /// <param name="withPast">True to read its earlier version too, if it has changed since.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    /// <exception cref="KubernetesApiException">The server failed, for now.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public static async Task<(ProbeResult Result, string Evidence)> OfAsync(
        KubernetesClient client,
        GroupVersionResource resource,
        RawObject expected,
        bool withPast,
        CancellationToken cancellationToken
    )
    {
        var ns = expected.Namespace.Length == 0 ? null : expected.Namespace;
        var path = $"{resource.Path(ns)}?fieldSelector=metadata.name%3D{Uri.EscapeDataString(expected.Name)}";
        var called = $"{resource.GroupResource} {expected.Key}";
        var seen = expected.ResourceVersion;
        try
        {
            // 1. The current version. Neither the object nor the server may be older than the cache.
            var (now, found) = Read(await client.GetBytesAsync(path, Metadata, cancellationToken));
            if (now.IsOlderThan(seen) || (found is { } present && present.Revision.IsOlderThan(seen)))
            {
                return (ProbeResult.Other, $"{called} was seen at revision {seen}, and is now at {found?.Revision ?? now}");
            }

            // 2. Its version at the revision of its last change, if it has changed since.
            if (found is not { } unchanged || unchanged.Revision != seen)
            {
                if (!withPast)
                {
                    return (ProbeResult.Unknown, $"{called} has changed since revision {seen}");
                }

                (_, found) = Read(
                    await client.GetBytesAsync($"{path}&resourceVersion={seen}&resourceVersionMatch=Exact", Metadata, cancellationToken)
                );
            }

            return found is { } then && then.Revision == seen && then.Uid == expected.Uid
                ? (ProbeResult.Same, "")
                : (ProbeResult.Other, $"revision {seen} changed {called} before, and does not any more");
        }
        catch (KubernetesApiException refused) when (refused.IsExpired || (!refused.IsTransient && !refused.IsUnauthorized))
        {
            // Compacted away, or not allowed.
            return (ProbeResult.Unknown, refused.Message);
        }
        catch (JsonException unreadable)
        {
            return (ProbeResult.Unknown, unreadable.Message);
        }
    }

    private static (ResourceVersion Now, (ResourceVersion Revision, string Uid)? Found) Read(byte[] list)
    {
        using var document = JsonDocument.Parse(list);
        var now = Version(document.RootElement.GetProperty("metadata"));
        if (
            !document.RootElement.TryGetProperty("items", out var items)
            || items.ValueKind != JsonValueKind.Array
            || items.GetArrayLength() == 0
        )
        {
            return (now, null);
        }

        var metadata = items[0].GetProperty("metadata");
        return (now, (Version(metadata), metadata.GetProperty("uid").GetString() ?? ""));
    }

    private static ResourceVersion Version(JsonElement metadata) =>
        metadata.TryGetProperty("resourceVersion", out var version)
            ? ResourceVersion.Parse(version.GetString() ?? "")
            : ResourceVersion.None;
}
