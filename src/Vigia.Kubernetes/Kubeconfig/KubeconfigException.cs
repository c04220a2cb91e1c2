namespace Vigia.Kubernetes;

/// <summary>A kubeconfig cannot be used: one sentence with file, context and the next step.</summary>
public sealed class KubeconfigException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KubeconfigException(string message, Exception? inner = null)
        : base(message, inner) { }
}
