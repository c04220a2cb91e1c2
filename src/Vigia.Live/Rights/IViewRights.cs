using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Rights;

/// <summary>
/// The objects that one caller may see. Lists and streams ask for every object, so it answers from memory and never
/// waits.
/// </summary>
/// <remarks>
/// Answers may change while a stream is open: then <see cref="NextChange"/> ends, and what may no longer be seen leaves
/// the stream as deleted, what may now be seen comes as added. An implementation that does not know yet answers no,
/// finds out, and ends <see cref="NextChange"/>. Safe on any thread.
/// </remarks>
public interface IViewRights
{
    /// <summary>
    /// True where everything may be seen, now and for good (no access control): lists and streams need not ask.
    /// </summary>
    bool IsEverything { get; }

    /// <summary>Ends when an answer may be another than before. Take it before asking.</summary>
    Task NextChange { get; }

    /// <summary>
    /// False for clusters where the caller is unknown: they are left out, and not mentioned. Default true.
    /// </summary>
    bool Covers(string cluster) => true;

    /// <summary>
    /// True where the caller may list and watch the resource in the namespace (empty for objects outside of any).
    /// </summary>
    bool Allows(string cluster, ResourceEntry entry, string ns);

    /// <summary>
    /// True where the namespace no longer exists and its answer was forgotten. It may come back for another owner: what
    /// was answered then says nothing. Default false.
    /// </summary>
    bool IsGone(string cluster, ResourceEntry entry, string ns) => false;

    /// <summary>
    /// A revision before which the caller's rights are known to have been less; none where nothing is known of it.
    /// Cursors older than that are reset.
    /// </summary>
    ResourceVersion HistoryFrom(string cluster, ResourceEntry entry) => ResourceVersion.None;

    /// <summary>
    /// A short text that is equal if the rights on this resource are. It is part of cursors, so a client that returns
    /// with other rights receives a <c>reset</c> and does not keep objects that it may no longer see.
    /// </summary>
    string Fingerprint(string cluster, ResourceEntry entry);

    /// <summary>
    /// Ends when the answers for this resource, in the namespaces that exist now, are known: awaited before a list is
    /// made or a stream begins.
    /// </summary>
    Task PrepareAsync(string cluster, ResourceEntry entry, CancellationToken cancellationToken);

    /// <summary>
    /// Why the rights on this resource are older than they should be: no review is possible now. Null (default) if all
    /// is well. Streams report it as <c>degraded</c>; a change of it ends <see cref="NextChange"/>.
    /// </summary>
    string? Problem(string cluster, ResourceEntry entry) => null;
}
