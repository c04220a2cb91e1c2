using Vigia.Kubernetes;

namespace Vigia.Informers.Tests;

internal static class ApiErrors
{
    public static KubernetesApiException Expired() => new(new(410, "Expired", "too old resource version", null, []), "GET", "/api/v1/pods");

    public static KubernetesApiException Forbidden(string message) => new(new(403, "Forbidden", message, null, []), "GET", "/api/v1/pods");
}
