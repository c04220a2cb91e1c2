using System.Buffers;
using Vigia.Kubernetes.Access;

namespace Vigia.Kubernetes;

/// <summary>An answer about a right.</summary>
/// <param name="IsAllowed">True if the request would be allowed.</param>
/// <param name="Reason">The server's reason; may be empty.</param>
public sealed record AccessDecision(bool IsAllowed, string Reason);

/// <summary>Reviews the client's own rights at an API server.</summary>
public sealed class AccessClient(KubernetesClient client)
{
    /// <summary>A SelfSubjectAccessReview, as <c>kubectl auth can-i</c>.</summary>
    /// <param name="verb">As <c>list</c>.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="ns">One namespace; null for all.</param>
    /// <param name="ct">Ends the request.</param>
    public async Task<AccessDecision> CanIAsync(
        string verb,
        GroupVersionResource resource,
        string? ns = null,
        CancellationToken ct = default
    )
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = ReviewDocument.Begin(body, "SelfSubjectAccessReview"u8, "authorization.k8s.io/v1"u8))
        {
            ReviewDocument.WriteQuestion(json, new AccessQuestion(verb, resource, ns));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return ReviewDocument.Decision(
            await client.SendBytesAsync(
                HttpMethod.Post,
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                body.WrittenMemory,
                ct: ct
            )
        );
    }
}
