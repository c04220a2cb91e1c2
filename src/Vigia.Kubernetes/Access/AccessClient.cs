using System.Buffers;
using System.Text.Json;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Transport;

namespace Vigia.Kubernetes.Access;

/// <summary>An answer about a right.</summary>
/// <param name="IsAllowed">True where the request would be allowed.</param>
/// <param name="Reason">What the server says about it; may be empty.</param>
public sealed record AccessDecision(bool IsAllowed, string Reason);

/// <summary>Asks an API server what the client may do.</summary>
public sealed class AccessClient(KubernetesClient client)
{
    /// <summary>A SelfSubjectAccessReview, as <c>kubectl auth can-i</c>.</summary>
    /// <param name="verb">As <c>list</c>.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="ns">One namespace; null for all.</param>
    /// <param name="ct">Ends the request.</param>
    public async Task<AccessDecision> CanIAsync(string verb, GroupVersionResource resource, string? ns = null, CancellationToken ct = default)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, "SelfSubjectAccessReview"u8);
            json.WriteString("apiVersion"u8, "authorization.k8s.io/v1"u8);
            json.WriteStartObject("spec"u8);
            json.WriteStartObject("resourceAttributes"u8);
            json.WriteString("verb"u8, verb);
            json.WriteString("group"u8, resource.Group);
            json.WriteString("version"u8, resource.Version);
            json.WriteString("resource"u8, resource.Resource);
            if (!string.IsNullOrEmpty(ns))
            {
                json.WriteString("namespace"u8, ns);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var answer = JsonDocument.Parse(await client.SendBytesAsync(HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body.WrittenMemory, ct: ct));
        return answer.RootElement.TryGetProperty("status", out var status)
            ? new(status.TryGetProperty("allowed", out var allowed) && allowed.GetBoolean(), status.TryGetProperty("reason", out var reason) ? reason.GetString() ?? "" : "")
            : new(false, "the server's answer has no status");
    }
}
