namespace Vigia.Kubernetes;

/// <summary>A credential that never changes.</summary>
public sealed class StaticCredential(Credential credential) : ICredentialSource
{
    /// <summary>No credential.</summary>
    public static StaticCredential None { get; } = new(Credential.None);

    /// <inheritdoc/>
    public ValueTask<Credential> GetAsync(bool refresh, CancellationToken ct) => ValueTask.FromResult(credential);
}
