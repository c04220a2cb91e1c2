using System.Security.Cryptography;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Access;

/// <summary>A token of a file: its user, and what the user may see.</summary>
/// <param name="Digest">The token's SHA-256.</param>
/// <param name="User">The user's name.</param>
/// <param name="Uid">The user's uid; may be empty.</param>
/// <param name="Groups">The user's groups.</param>
/// <param name="Namespaces">The only visible namespaces; null for all, and for cluster-scoped resources.</param>
/// <param name="Resources">The only visible resources, by their names in the catalog; null for all.</param>
/// <param name="Clusters">The only visible clusters; null for all.</param>
internal sealed record TokenEntry(
    byte[] Digest,
    string User,
    string Uid,
    IReadOnlyList<string> Groups,
    IReadOnlyList<string>? Namespaces,
    IReadOnlyList<string>? Resources,
    IReadOnlyList<string>? Clusters
)
{
    /// <summary>The rights that the file gives.</summary>
    public CallerRights Rights() =>
        Namespaces is null && Resources is null && Clusters is null
            ? CallerRights.Everything
            : new FixedRights(
                (feed, ns) =>
                    (Clusters?.Contains(feed.Cluster) ?? true)
                    && (Resources?.Contains(feed.Entry.Name) ?? true)
                    && (Namespaces?.Contains(ns) ?? true),
                fingerprint: Fingerprints.Of(string.Join('|', Text(Namespaces), Text(Resources), Text(Clusters)))
            );

    /// <summary>True if nothing of it has changed.</summary>
    public bool IsSame(TokenEntry other) =>
        CryptographicOperations.FixedTimeEquals(Digest, other.Digest)
        && User == other.User
        && Uid == other.Uid
        && Groups.SequenceEqual(other.Groups)
        && IsSame(Namespaces, other.Namespaces)
        && IsSame(Resources, other.Resources)
        && IsSame(Clusters, other.Clusters);

    private static string Text(IReadOnlyList<string>? names) => names is null ? "*" : string.Join(',', names.Order(StringComparer.Ordinal));

    private static bool IsSame(IReadOnlyList<string>? left, IReadOnlyList<string>? right) =>
        left is null ? right is null : right is not null && left.SequenceEqual(right);
}
