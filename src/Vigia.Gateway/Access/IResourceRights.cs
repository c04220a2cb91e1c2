using Vigia.Kubernetes;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>A caller's rights on one resource of one cluster. They may change while a stream is open.</summary>
/// <remarks>
/// <b>Guarantees.</b> <see cref="Scope"/> is immutable and never allows what was not positively answered; take
/// <see cref="CallerRights.NextChange"/> before <see cref="Scope"/> and no change is missed. Safe on any thread.
/// <para>
/// A stream: <see cref="PrepareAsync"/>, <see cref="Follow"/> until it ends; a namespace that it meets and
/// <see cref="ViewScope.Knows"/> does not: <see cref="Ask"/>, and the answer comes as a change.
/// </para>
/// </remarks>
internal interface IResourceRights
{
    /// <summary>What is allowed now.</summary>
    ViewScope Scope { get; }

    /// <summary>
    /// Finds out what is not known, or is known for too long: first for all namespaces, else one by one.
    /// </summary>
    /// <param name="named">
    /// The namespaces that the request names; null for those that hold objects, and for a stream all that exist.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="AccessUnavailableException">
    /// It cannot be found out now: the request must be refused with 503.
    /// </exception>
    ValueTask PrepareAsync(IReadOnlyCollection<string>? named, CancellationToken cancellationToken);

    /// <summary>
    /// Equal where what is allowed is equal, at any replica: made of the namespaces that exist, whether they hold
    /// objects now or not.
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

    /// <summary>True where the namespace no longer exists and its answer was forgotten.</summary>
    bool IsGone(string ns);

    /// <summary>
    /// Has a namespace found out; does not wait. The answer comes as a change of <see cref="Scope"/>.
    /// </summary>
    void Ask(string ns);

    /// <summary>Until it is disposed, all that is known is asked for again as it ages.</summary>
    IDisposable Follow();
}
