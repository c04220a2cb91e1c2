using System.Collections.Frozen;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Access;

/// <summary>The allowed namespaces of a resource, at one moment. Immutable.</summary>
/// <param name="All">True if all are, those yet to come included, and objects without a namespace.</param>
/// <param name="Allowed">The namespaces allowed one by one.</param>
/// <param name="Refused">Reviewed namespaces that are not allowed.</param>
/// <param name="Problem">Why the answers are older than they should be, or are missing; null if all is well.</param>
internal sealed record ViewScope(bool All, FrozenSet<string> Allowed, FrozenSet<string> Refused, string? Problem)
{
    /// <summary>Everything is allowed.</summary>
    public static ViewScope Everything { get; } = new(true, [], [], null);

    /// <summary>Nothing is known, so nothing is allowed.</summary>
    public static ViewScope Nothing { get; } = new(false, [], [], null);

    /// <summary>Equal if the same is allowed among some namespaces; null for all of them.</summary>
    public string FingerprintOf(IReadOnlyCollection<string>? among) =>
        All
            ? "*"
            : Fingerprints.Of(
                string.Join(
                    ',',
                    (among is null ? Allowed : among.Where(Allowed.Contains).Distinct(StringComparer.Ordinal)).Order(StringComparer.Ordinal)
                )
            );

    /// <summary>True if nothing at all is allowed.</summary>
    public bool IsNothing => !All && Allowed.Count == 0;

    /// <summary>Whether objects of a namespace may be seen; the empty string means cluster-scoped objects.</summary>
    public bool Allows(string ns) => All || (Allowed.Count > 0 && Allowed.Contains(ns));

    /// <summary>Whether there is an answer about the namespace.</summary>
    public bool Knows(string ns) => All || Allowed.Contains(ns) || Refused.Contains(ns);
}
