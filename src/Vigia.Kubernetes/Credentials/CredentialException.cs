namespace Vigia.Kubernetes;

/// <summary>A credential cannot be obtained: one sentence with user, file or command, and the next step.</summary>
public sealed class CredentialException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CredentialException(string message, Exception? inner = null)
        : base(message, inner) { }
}
