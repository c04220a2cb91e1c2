using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>What API servers of all ages refuse with.</summary>
internal static class Refusals
{
    /// <summary>
    /// The shapes of "too large resource version": a cause's type (since 1.18.6), a cause's message (1.17 to 1.18.5),
    /// the message itself (before).
    /// </summary>
    public static readonly IReadOnlyList<string> TooLargeShapes = ["cause type", "cause message", "message"];

    public static KubernetesApiException TooLarge(string shape) =>
        shape switch
        {
            "cause type" => Api(
                504,
                "Timeout",
                "Timeout: Too large resource version: 999, current: 12",
                causes: [("ResourceVersionTooLarge", "Too large resource version")]
            ),
            "cause message" => Api(504, "Timeout", "Timeout", causes: [("", "Too large resource version")]),
            _ => Api(504, "Timeout", "Timeout: Too large resource version: 999, current: 12"),
        };

    public static KubernetesApiException Api(
        int code,
        string reason,
        string message,
        TimeSpan? retryAfter = null,
        params (string Reason, string Message)[] causes
    ) => new(new KubernetesStatus(code, reason, message, retryAfter, causes), "GET", "/api/v1/pods");

    public static KubernetesApiException TooManyRequests(TimeSpan? retryAfter = null) =>
        Api(429, "TooManyRequests", "too many requests, please try again later", retryAfter);

    public static KubernetesApiException Internal() => Api(500, "InternalError", "Internal error occurred: etcdserver: request timed out");

    public static KubernetesConnectionException Refused() => new("cannot reach scripted: connection refused");

    /// <summary>A Status within a watch.</summary>
    public static string Event(int code, string reason, string message) =>
        $$$"""{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{{code}}}"""
        + $$$""","message":"{{{message}}}","reason":"{{{reason}}}"}}""";
}
