namespace Vigia.Gateway.Access;

/// <summary>How a gateway authenticates callers.</summary>
public enum AuthMode
{
    /// <summary>No authentication; only for addresses that are not reachable from outside.</summary>
    None,

    /// <summary>Bearer tokens from a file.</summary>
    Token,

    /// <summary>Bearer tokens of the clusters, checked by them, with the rights that they give.</summary>
    Kubernetes,
}
