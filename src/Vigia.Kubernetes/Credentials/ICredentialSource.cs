namespace Vigia.Kubernetes;

/// <summary>The source of a client's credential: a value, a file that is re-read, a program that is run.</summary>
public interface ICredentialSource
{
    /// <summary>The credential to use now. The same instance while it does not change.</summary>
    /// <param name="refresh">
    /// True if the server has refused the last one: a new one is fetched instead of the cached one.
    /// </param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="CredentialException">It cannot be obtained.</exception>
    ValueTask<Credential> GetAsync(bool refresh, CancellationToken ct);
}
