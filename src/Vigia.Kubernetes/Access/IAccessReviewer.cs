namespace Vigia.Kubernetes;

/// <summary>Answers questions about others: whose a token is, and what they may do.</summary>
public interface IAccessReviewer
{
    /// <summary>Whose token it is.</summary>
    Task<TokenDecision> ReviewTokenAsync(string token, CancellationToken ct);

    /// <summary>Whether <paramref name="user"/> may do what the question says.</summary>
    Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question, CancellationToken ct);
}
