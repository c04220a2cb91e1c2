using Vigia.Informers.Deltas;
using Vigia.Kubernetes;

namespace Vigia.Informers.Auditing;

/// <summary>One comparison of a store with a consistent list of the server, while both keep changing.</summary>
/// <remarks>
/// <para>
/// The list belongs to one revision R, which is known when it is complete. The store is ahead of R or behind it,
/// differently for each object. Some results are certain at once: the same version with the same bytes is equal, with
/// other bytes it differs. Everything else is a suspect: its key, version and digest are kept (never the object), and
/// it is checked again with each change of the store until it is cleared or confirmed.
/// </para>
/// <para>
/// Cleared: the store has the listed version after all, or a version newer than R, or deleted the object after the
/// listed version; or an object that was not listed was created after R or is gone. Confirmed: the watch has passed the
/// listed version (events of a resource arrive in the order of their revisions) and the store still lacks it; or the
/// store has a version older than R that differs from the one listed at R, so it belongs to another history. An object
/// missing in the list is confirmed when the watch has passed R. If the watch reports no progress during the whole
/// patience, late and lost cannot be distinguished, and the report says that.
/// </para>
/// <para>
/// If versions cannot be compared, every object that the store changed since the start of the list is cleared, and the
/// rest is late.
/// </para>
/// </remarks>
internal sealed class CacheAudit(IListerWatcher source, Store store, DeltaLog log, int pageSize) : IListSink
{
    private readonly HashSet<ObjectKey> _listed = [];
    private readonly List<Suspect> _suspects = [];
    private long _start;
    private int _epoch;
    private GapSet? _gaps;
    private ResourceVersion _seen;

    private enum Verdict
    {
        Cleared,
        Open,
        Confirmed,
    }

    /// <summary>The list's revision.</summary>
    public ResourceVersion Revision { get; private set; }

    /// <summary>Items listed.</summary>
    public int Objects => _listed.Count;

    /// <summary>The certain differences.</summary>
    public List<AuditDifference> Found { get; } = [];

    /// <summary>Objects that may differ, or whose event may still arrive.</summary>
    public List<AuditDifference> Late { get; } = [];

    /// <summary>
    /// The newest revision seen before the list was requested. A list with an older revision comes from a server that
    /// was restored and has not passed it again.
    /// </summary>
    public ResourceVersion Seen => _seen;

    /// <summary>
    /// The compared state is outdated: the informer relisted, or detected a restore, or forgot deletions. The
    /// comparison must start again.
    /// </summary>
    public bool IsVoid { get; private set; }

    /// <summary>True while something may yet turn out either way.</summary>
    public bool IsOpen => _suspects.Count > 0;

    /// <summary>Lists everything, item by item, and compares on the way.</summary>
    public async Task ListAsync(CancellationToken cancellationToken)
    {
        Begin();
        var request = new ListRequest(Limit: pageSize);
        while (true)
        {
            ListPage page;
            try
            {
                page = await source.ListAsync(request, this, cancellationToken);
            }
            catch (KubernetesApiException expired) when (expired.IsExpired && request.Continue is not null)
            {
                // The server forgot the revision between two pages: all in one answer.
                Begin();
                request = new ListRequest();
                continue;
            }

            Revision = Revision.IsNone ? page.ResourceVersion : Revision;
            if (page.Continue.Length == 0)
            {
                break;
            }

            request = new ListRequest(Limit: pageSize, Continue: page.Continue);
        }

        SuspectUnlisted();
    }

    /// <summary>Checks the suspects again. With <paramref name="isLast"/> all that are left are late.</summary>
    public void Look(bool isLast)
    {
        // In this order: cached objects then have the passed revision or a newer one, and every object that disappeared
        // is among the deletions.
        var passed = log.Revision;
        var held = _suspects.ConvertAll(suspect => store.Get(suspect.Key));
        store.WaitForBatch();
        var deletions = held.Contains(null) ? log.DeletionsSince(_start) : [];
        if (deletions is null || log.Epoch != _epoch || !ReferenceEquals(log.State.Era.Gaps, _gaps))
        {
            IsVoid = true;
            return;
        }

        var deleted = deletions.GroupBy(deletion => deletion.Object.Key).ToDictionary(group => group.Key, group => group.Last().UpTo);
        var left = 0;
        for (var i = 0; i < _suspects.Count; i++)
        {
            var suspect = _suspects[i];
            var (verdict, kind) = suspect.IsListed
                ? JudgeListed(suspect, held[i], passed, deleted)
                : JudgeUnlisted(suspect, held[i], passed);
            if (verdict == Verdict.Open && !isLast)
            {
                _suspects[left++] = suspect;
            }
            else if (verdict != Verdict.Cleared)
            {
                var isLate = verdict == Verdict.Open;
                var difference = new AuditDifference(
                    isLate ? AuditDifferenceKind.Behind : kind,
                    suspect.Key,
                    held[i]?.ResourceVersion ?? default,
                    suspect.IsListed ? suspect.Version : default
                );
                (isLate ? Late : Found).Add(difference);
            }
        }

        _suspects.RemoveRange(left, _suspects.Count - left);
    }

    /// <inheritdoc/>
    public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion)
    {
        // The cache's strings where possible: those of the list are garbage soon.
        _listed.Add(store.Get(key)?.Key ?? key);
        return true;
    }

    /// <inheritdoc/>
    public void Item(RawObject item)
    {
        var held = store.Get(item.Key);
        if (
            held is null
            || held.Identity != item.Identity
            || held.ResourceVersion != item.ResourceVersion
            || !ObjectContent.AreEqual(held, item)
        )
        {
            _suspects.Add(
                new Suspect(held?.Key ?? item.Key, item.Identity, item.ResourceVersion, ObjectContent.Digest(item), IsListed: true)
            );
        }
    }

    private void Begin()
    {
        _listed.Clear();
        _suspects.Clear();
        Revision = ResourceVersion.None;
        (_gaps, _epoch, _start, _seen) = (log.State.Era.Gaps, log.Epoch, log.Head, log.Revision);
        IsVoid = log.IsRelisting;
    }

    /// <summary>Cached objects that were not listed, except those created after the list's revision.</summary>
    private void SuspectUnlisted()
    {
        foreach (var held in store.List())
        {
            if (
                !_listed.Contains(held.Key)
                && held.AddedSequence <= _start
                && !(Revision.IsNumber && held.AddedRevision.IsNewerThan(Revision))
            )
            {
                _suspects.Add(new Suspect(held.Key, held.Identity, held.ResourceVersion, default, IsListed: false));
            }
        }
    }

    private (Verdict Verdict, AuditDifferenceKind Kind) JudgeListed(
        in Suspect listed,
        RawObject? held,
        ResourceVersion passed,
        Dictionary<ObjectKey, ResourceVersion> deleted
    )
    {
        if (held is null)
        {
            // Deleted before the listed version was written, it should have been created again.
            var isGone =
                deleted.TryGetValue(listed.Key, out var at) && at.CompareTo(listed.Version) is RevisionOrder.Newer or RevisionOrder.Unknown;
            return (isGone ? Verdict.Cleared : HasPassed(passed, listed.Version), AuditDifferenceKind.Missing);
        }

        if (held.ResourceVersion == listed.Version && !listed.Version.IsNone)
        {
            return held.Identity != listed.Uid ? (Verdict.Confirmed, AuditDifferenceKind.OtherHistory)
                : ObjectContent.Digest(held) == listed.Digest ? (Verdict.Cleared, default)
                : (Verdict.Confirmed, AuditDifferenceKind.Content);
        }

        var toList = held.ResourceVersion.CompareTo(Revision);
        var toItem = held.ResourceVersion.CompareTo(listed.Version);
        if (toList == RevisionOrder.Unknown || toItem == RevisionOrder.Unknown || listed.Version.IsNone)
        {
            // Objects received after the list was requested may be newer than the list; earlier ones cannot be.
            return (
                held.Sequence > _start || (held.Identity == listed.Uid && ObjectContent.Digest(held) == listed.Digest)
                    ? Verdict.Cleared
                    : Verdict.Open,
                AuditDifferenceKind.Older
            );
        }

        return toList == RevisionOrder.Newer ? (Verdict.Cleared, default)
            : toItem == RevisionOrder.Newer ? (Verdict.Confirmed, AuditDifferenceKind.OtherHistory)
            : (HasPassed(passed, listed.Version), AuditDifferenceKind.Older);
    }

    private (Verdict Verdict, AuditDifferenceKind Kind) JudgeUnlisted(in Suspect unlisted, RawObject? held, ResourceVersion passed) =>
        (held is null || held.Identity != unlisted.Uid ? Verdict.Cleared : HasPassed(passed, Revision), AuditDifferenceKind.Extra);

    private static Verdict HasPassed(ResourceVersion passed, ResourceVersion version) =>
        passed.CompareTo(version) is RevisionOrder.Newer or RevisionOrder.Equal ? Verdict.Confirmed : Verdict.Open;

    /// <summary>An object that may differ, with everything kept of the server's version.</summary>
    private readonly record struct Suspect(ObjectKey Key, ObjectUid Uid, ResourceVersion Version, UInt128 Digest, bool IsListed);
}
