namespace Vigia.Kubernetes;

/// <summary>Reviews other users: authenticates tokens, and checks rights.</summary>
public interface IAccessReviewer
{
    /// <summary>Reviews a token.</summary>
    Task<TokenDecision> ReviewTokenAsync(string token, CancellationToken ct);

    /// <summary>Whether <paramref name="user"/> has the right.</summary>
    Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question, CancellationToken ct);
}
