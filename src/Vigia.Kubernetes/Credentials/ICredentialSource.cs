namespace Vigia.Kubernetes;

/// <summary>Where a client's credential comes from: a value, a file that is re-read, a program that is run.</summary>
public interface ICredentialSource
{
    /// <summary>The credential to use now. The same instance while it does not change.</summary>
    /// <param name="refresh">True where the server has refused the last one: what was cached is fetched anew.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="CredentialException">It cannot be obtained.</exception>
    ValueTask<Credential> GetAsync(bool refresh, CancellationToken ct);
}
