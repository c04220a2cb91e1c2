using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>Authenticates a token.</summary>
internal interface IAuthenticator : IAsyncDisposable
{
    /// <summary>The caller, or the refusal.</summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    ValueTask<Authentication> AuthenticateAsync(PresentedToken presented, CancellationToken cancellationToken);

    /// <summary>Starts to watch its inputs.</summary>
    void Start();
}
