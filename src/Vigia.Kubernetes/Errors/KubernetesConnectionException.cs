namespace Vigia.Kubernetes;

/// <summary>The API server could not be reached, or the connection broke: one sentence with host and cause.</summary>
public sealed class KubernetesConnectionException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KubernetesConnectionException(string message, Exception? inner = null)
        : base(message, inner) { }
}
