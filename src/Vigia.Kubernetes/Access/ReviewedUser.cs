namespace Vigia.Kubernetes;

/// <summary>The user of a token, from a TokenReview; also the subject of access reviews.</summary>
/// <param name="Name">The user's name, as <c>system:serviceaccount:team-a:robot</c>.</param>
/// <param name="Uid">The user's uid; empty if there is none.</param>
/// <param name="Groups">The groups, as <c>system:authenticated</c>.</param>
/// <param name="Extra">Extra values of the authenticator; authorizers may use them, so they are passed on.</param>
public sealed record ReviewedUser(
    string Name,
    string Uid,
    IReadOnlyList<string> Groups,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Extra
)
{
    /// <summary>No extras.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> NoExtra { get; } = new Dictionary<string, IReadOnlyList<string>>();
}

/// <summary>The answer to a TokenReview.</summary>
/// <param name="User">The user of the token; null if the server does not accept it.</param>
/// <param name="Error">Why not, in the server's words; empty if it says nothing.</param>
public sealed record TokenDecision(ReviewedUser? User, string Error);
