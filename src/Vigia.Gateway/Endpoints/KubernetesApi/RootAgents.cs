using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The meaning of a request to <c>/api/v1/RESOURCE</c> at the root of the gateway's own address, where two APIs have
/// that path.
/// </summary>
internal enum RootMeaning
{
    /// <summary>The gateway's own list.</summary>
    Gateway,

    /// <summary>The Kubernetes API: the request has a form that only its clients use.</summary>
    Kubernetes,

    /// <summary>Either: the client's library serves both. It is refused rather than given the wrong one.</summary>
    Unclear,
}

/// <summary>
/// Distinguishes clients of the Kubernetes API from those of the gateway's own API, at paths that both have.
/// </summary>
/// <remarks>
/// A client library for Kubernetes that read the gateway's own list would see objects without names, and no error. So
/// nothing is guessed in its favour: certain are kubectl, client-go and other libraries by their own names, and
/// parameters or media types that only the Kubernetes API has. Generated clients go by their generator's name, and are
/// clients of either API.
/// </remarks>
internal static class RootAgents
{
    private static readonly string[] KubernetesParameters =
    [
        "watch",
        "resourceVersion",
        "resourceVersionMatch",
        "allowWatchBookmarks",
        "sendInitialEvents",
        "timeoutSeconds",
        "continue",
    ];

    private static readonly string[] GatewayParameters =
    [
        "namespace",
        "project",
        "cluster",
        "search",
        "sort",
        "order",
        "offset",
        "output",
        "shape",
        "fields",
        "changed",
    ];

    private static readonly string[] KubernetesAgents =
    [
        "kubectl",
        "kubernetes/",
        "KubernetesClient",
        "Kubernetes Java Client",
        "kubernetes-client",
        "fabric8",
        "pykube",
        "kubeclient",
        "kube-rs",
        "kubetail",
        "k9s",
    ];

    private static readonly string[] SharedAgents = ["OpenAPI-Generator/", "Swagger-Codegen/"];

    // Sent only by clients that openapi-generator generates for TypeScript.
    private const string GeneratedAccept = "application/json, */*;q=0.8";

    /// <summary>Decides.</summary>
    public static RootMeaning Of(HttpRequest request)
    {
        var (agent, accept) = (request.Headers.UserAgent.ToString(), request.Headers.Accept.ToString());
        if (
            Array.Exists(KubernetesParameters, request.Query.ContainsKey)
            || accept.Contains("g=meta.k8s.io", StringComparison.Ordinal)
            || accept.Contains("vnd.kubernetes", StringComparison.Ordinal)
            || Array.Exists(KubernetesAgents, name => agent.Contains(name, StringComparison.OrdinalIgnoreCase))
        )
        {
            return RootMeaning.Kubernetes;
        }

        var isShared =
            accept == GeneratedAccept || Array.Exists(SharedAgents, name => agent.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return isShared && !Array.Exists(GatewayParameters, request.Query.ContainsKey) ? RootMeaning.Unclear : RootMeaning.Gateway;
    }
}
