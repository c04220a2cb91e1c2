namespace Vigia.Gateway.Access;

/// <summary>How a gateway learns who asks.</summary>
public enum AuthMode
{
    /// <summary>Nobody is asked; only for addresses that nobody else can reach.</summary>
    None,

    /// <summary>Bearer tokens from a file.</summary>
    Token,

    /// <summary>Bearer tokens of the clusters, checked by them, with the rights that they give.</summary>
    Kubernetes,
}
