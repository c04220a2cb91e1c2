using Vigia.Kubernetes;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>A caller's rights on one resource of one cluster. They may change while a stream is open.</summary>
/// <remarks>
/// <b>Guarantees.</b> <see cref="Scope"/> is immutable and allows only what was answered positively; take
/// <see cref="CallerRights.NextChange"/> before <see cref="Scope"/> and no change is missed. Thread-safe.
/// <para>
/// A stream calls <see cref="PrepareAsync"/>, then <see cref="Follow"/> until it ends. For a namespace unknown to
/// <see cref="ViewScope.Knows"/> it calls <see cref="Ask"/>, and the answer arrives as a change.
/// </para>
/// </remarks>
internal interface IResourceRights
{
    /// <summary>The current scope.</summary>
    ViewScope Scope { get; }

    /// <summary>Reviews rights that are unknown or have aged: first for all namespaces, else one by one.</summary>
    /// <param name="named">
    /// The namespaces that the request names; null for those with objects, and for a stream all existing ones.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AccessUnavailableException">
    /// It cannot be found out now: the request must be refused with 503.
    /// </exception>
    ValueTask PrepareAsync(IReadOnlyCollection<string>? named, CancellationToken cancellationToken);

    /// <summary>
    /// Equal if the same is allowed, at any replica: computed from the existing namespaces, with or without objects.
    /// </summary>
    /// <param name="named">The namespaces that the request names; null for none.</param>
    string Fingerprint(IReadOnlyCollection<string>? named);

    /// <summary>
    /// Finds out whether all namespaces are allowed at once, and nothing more: one question, where
    /// <see cref="PrepareAsync"/> may need one for each namespace.
    /// </summary>
    /// <exception cref="AccessUnavailableException">It cannot be found out now.</exception>
    ValueTask PrepareWholeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Since when the caller has these rights, if they are known to have been fewer before; else none. Older changes
    /// must not be sent.
    /// </summary>
    ResourceVersion HistoryFrom => ResourceVersion.None;

    /// <summary>True if the namespace no longer exists and its answer was forgotten.</summary>
    bool IsGone(string ns);

    /// <summary>
    /// Has a namespace found out; does not wait. The answer comes as a change of <see cref="Scope"/>.
    /// </summary>
    void Ask(string ns);

    /// <summary>Until it is disposed of, all known rights are renewed as they age.</summary>
    IDisposable Follow();
}
