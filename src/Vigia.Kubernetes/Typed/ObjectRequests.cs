using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vigia.Kubernetes;

/// <summary>
/// Single requests for one object: read, create, patch, apply, delete. A refusal is a
/// <see cref="KubernetesApiException"/>, a failed connection a <see cref="KubernetesConnectionException"/>.
/// </summary>
/// <remarks>
/// A typed object cannot be replaced (PUT): a type that lacks a field would remove it. Patch or apply your changes
/// instead.
/// </remarks>
public static class ObjectRequests
{
    /// <summary>
    /// Reads one object from the server; null if it does not exist. An informer's cache is cheaper to read, and just as
    /// good for all but a last check.
    /// </summary>
    public static async Task<RawObject?> GetAsync(
        this KubernetesClient client,
        GroupVersionResource resource,
        ObjectKey key,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        try
        {
            return RawObject.Parse(await client.GetBytesAsync(resource.Path(key.Namespace, key.Name), ct: cancellationToken));
        }
        catch (KubernetesApiException missing) when (missing.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Creates an object from JSON.</summary>
    /// <param name="client">Sends the request.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="ns">The namespace; the empty string for cluster-scoped objects.</param>
    /// <param name="json">The object, with apiVersion, kind and metadata.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The stored object.</returns>
    public static async Task<RawObject> CreateAsync(
        this KubernetesClient client,
        GroupVersionResource resource,
        string ns,
        string json,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        return RawObject.Parse(
            await client.SendBytesAsync(HttpMethod.Post, resource.Path(ns), Encoding.UTF8.GetBytes(json), ct: cancellationToken)
        );
    }

    /// <summary>
    /// Creates an object from a type of yours, which has apiVersion, kind and metadata among its members.
    /// </summary>
    /// <returns>The stored object.</returns>
    public static async Task<RawObject> CreateAsync<T>(
        this KubernetesClient client,
        GroupVersionResource resource,
        string ns,
        T value,
        JsonTypeInfo<T> typeInfo,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        return RawObject.Parse(
            await client.SendBytesAsync(
                HttpMethod.Post,
                resource.Path(ns),
                JsonSerializer.SerializeToUtf8Bytes(value, typeInfo),
                ct: cancellationToken
            )
        );
    }

    /// <summary>
    /// Changes an object by a JSON merge patch: <c>{"spec":{"replicas":3}}</c>; null removes a field.
    /// </summary>
    /// <param name="client">Sends the request.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="key">The object.</param>
    /// <param name="json">
    /// The patch. With <c>metadata.resourceVersion</c> in it the server refuses it (409) if the object has changed.
    /// </param>
    /// <param name="subresource">As <c>status</c> or <c>scale</c>; null for the object itself.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The stored object, or that of the subresource.</returns>
    public static Task<RawObject> MergePatchAsync(
        this KubernetesClient client,
        GroupVersionResource resource,
        ObjectKey key,
        string json,
        string? subresource = null,
        CancellationToken cancellationToken = default
    ) => PatchAsync(client, resource.Path(key.Namespace, key.Name, subresource), json, "application/merge-patch+json", cancellationToken);

    /// <summary>
    /// Creates or changes an object by server-side apply: the manager owns the fields it names, and those it named
    /// before and no longer does go away.
    /// </summary>
    /// <param name="client">Sends the request.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="key">The object.</param>
    /// <param name="json">JSON or YAML, with apiVersion, kind and metadata.name.</param>
    /// <param name="manager">The field manager: the program's name.</param>
    /// <param name="force">
    /// True to take fields over from other managers; false (default) is refused with 409 if another manager owns one,
    /// and the message names it.
    /// </param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The stored object.</returns>
    public static Task<RawObject> ApplyAsync(
        this KubernetesClient client,
        GroupVersionResource resource,
        ObjectKey key,
        string json,
        string manager,
        bool force = false,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(manager);
        return PatchAsync(
            client,
            $"{resource.Path(key.Namespace, key.Name)}?fieldManager={Uri.EscapeDataString(manager)}{(force ? "&force=true" : "")}",
            json,
            "application/apply-patch+yaml",
            cancellationToken
        );
    }

    /// <summary>Deletes an object; one with finalizers is marked, and stays until they are gone.</summary>
    /// <returns>False if there is none.</returns>
    public static async Task<bool> DeleteAsync(
        this KubernetesClient client,
        GroupVersionResource resource,
        ObjectKey key,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        try
        {
            using var answer = await client.SendAsync(HttpMethod.Delete, resource.Path(key.Namespace, key.Name), ct: cancellationToken);
            return true;
        }
        catch (KubernetesApiException missing) when (missing.IsNotFound)
        {
            return false;
        }
    }

    private static async Task<RawObject> PatchAsync(
        KubernetesClient client,
        string path,
        string json,
        string contentType,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(json);
        return RawObject.Parse(
            await client.SendBytesAsync(HttpMethod.Patch, path, Encoding.UTF8.GetBytes(json), contentType, cancellationToken)
        );
    }
}
