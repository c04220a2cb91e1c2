using Vigia.Gateway.Access;

namespace Vigia.Gateway.Rbac;

/// <summary>For whom rights are written, and for which way of use.</summary>
public sealed record RbacOptions
{
    /// <summary>The name of roles and bindings. Default <c>vigia</c>.</summary>
    public string Name { get; init; } = "vigia";

    /// <summary>The service account that gets the rights. Default <c>vigia</c>.</summary>
    public string ServiceAccount { get; init; } = "vigia";

    /// <summary>The service account's namespace. Default <c>vigia</c>.</summary>
    public string ServiceAccountNamespace { get; init; } = "vigia";

    /// <summary>The one namespace that is watched; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>
    /// The authentication: <see cref="AuthMode.Kubernetes"/> needs the rights for TokenReviews and
    /// SubjectAccessReviews.
    /// </summary>
    public AuthMode Mode { get; init; }

    /// <summary>Whether custom resource definitions are watched.</summary>
    public bool CustomResources { get; init; } = true;

    /// <summary>
    /// Whether Secrets may be listed. RBAC has no right to metadata alone, so with it the account's token is worth the
    /// values of all Secrets. Default false: they are shown as denied.
    /// </summary>
    public bool Secrets { get; init; }

    /// <summary>
    /// API groups of custom resources that may be read as a whole; <c>*</c> for all. A definition's right does not
    /// include its objects.
    /// </summary>
    public IReadOnlyList<string> CustomGroups { get; init; } = [];
}
