namespace Vigia.Gateway.Access;

/// <summary>The caller, or how the request is refused.</summary>
/// <param name="Caller">The caller; null if the token is refused.</param>
/// <param name="Status">The status to refuse with.</param>
/// <param name="Title">The kind of refusal.</param>
/// <param name="Reason">The reason sent to the client; it contains no name that the client did not send.</param>
internal sealed record Authentication(Caller? Caller, int Status, string Title, string Reason)
{
    private const string NotAccepted = "Token not accepted";

    /// <summary>Seconds after which to try again; 0 for nothing.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>
    /// For how long the answer is held back: a client that tries tokens in a loop then costs next to nothing.
    /// </summary>
    public TimeSpan HoldBack { get; init; }

    /// <summary>Why, for the log and the audit log; null if <see cref="Reason"/> says it.</summary>
    public string? Detail { get; init; }

    /// <summary>Known.</summary>
    public static Authentication Of(Caller caller) => new(caller, 200, "", "");

    /// <summary>The token is not accepted.</summary>
    public static Authentication Refused(string reason, string? detail = null) => new(null, 401, NotAccepted, reason) { Detail = detail };

    /// <summary>Too many tokens of this address were refused.</summary>
    public static Authentication TooMany() =>
        new(
            null,
            429,
            "Too many refused tokens",
            "too many tokens from this address were refused; check the token, then try again in a moment"
        )
        {
            RetryAfterSeconds = 2,
            HoldBack = TimeSpan.FromSeconds(1),
        };
}
