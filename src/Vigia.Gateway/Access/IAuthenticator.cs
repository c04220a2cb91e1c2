namespace Vigia.Gateway.Access;

/// <summary>Tells whose a token is.</summary>
internal interface IAuthenticator : IAsyncDisposable
{
    /// <summary>The caller; null with the reason where the token is not accepted.</summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    ValueTask<Authentication> AuthenticateAsync(string token, CancellationToken cancellationToken);

    /// <summary>Begins to watch what it depends on.</summary>
    void Start();
}

/// <summary>Who it is, or why it is nobody.</summary>
/// <param name="Caller">The caller; null where the token is refused.</param>
/// <param name="Reason">Why it is refused; empty where it is not.</param>
internal readonly record struct Authentication(Caller? Caller, string Reason);
