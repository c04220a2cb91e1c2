using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Live.Rights;

/// <summary>
/// The objects that one caller may see. Lists and streams ask for every object, so it answers from memory and never
/// waits.
/// </summary>
/// <remarks>
/// Answers may change while a stream is open: then <see cref="NextChange"/> ends, objects that may no longer be seen
/// leave the stream as deleted, and newly visible ones are added. An implementation without an answer yet returns no,
/// finds out, and ends <see cref="NextChange"/>. Thread-safe.
/// </remarks>
public interface IViewRights
{
    /// <summary>
    /// True if everything may be seen, now and always (no access control): lists and streams need not ask.
    /// </summary>
    bool IsEverything { get; }

    /// <summary>Ends when an answer may be another than before. Take it before asking.</summary>
    Task NextChange { get; }

    /// <summary>
    /// False for clusters where the caller is unknown: they are left out, and not mentioned. Default true.
    /// </summary>
    bool Covers(string cluster) => true;

    /// <summary>
    /// True if the caller may list and watch the resource in the namespace (empty for objects outside of any).
    /// </summary>
    bool Allows(string cluster, ResourceEntry entry, string ns);

    /// <summary>
    /// True if the namespace no longer exists and its answer was forgotten. It may be created again for another owner,
    /// so the old answer is void. Default false.
    /// </summary>
    bool IsGone(string cluster, ResourceEntry entry, string ns) => false;

    /// <summary>
    /// A revision before which the caller's rights are known to have been less; none if nothing is known of it.
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
