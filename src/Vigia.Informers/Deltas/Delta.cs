using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>The kind of a change.</summary>
public enum DeltaKind
{
    /// <summary>It is new to the store.</summary>
    Added,

    /// <summary>It has a new version.</summary>
    Updated,

    /// <summary>It is gone.</summary>
    Deleted,
}

/// <summary>One change, as every consumer of an informer sees it.</summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable. Per object, deltas come in the order in which the API server decided the changes;
/// across objects in the order in which they reached us.
/// </remarks>
public sealed class Delta
{
    private readonly RelistMark? _relist;
    private readonly uint _digest;

    /// <summary>A delta that belongs to no log: of the API server's own history, or of a consumer's making.</summary>
    public static Delta Create(DeltaKind kind, RawObject? old, RawObject? @new, ResourceVersion revision, DateTimeOffset receivedAt) =>
        (old ?? @new) is null ? throw new ArgumentException("a delta needs an object") : new(kind, old, @new, revision, receivedAt);

    internal Delta(
        DeltaKind kind,
        RawObject? old,
        RawObject? @new,
        ResourceVersion revision,
        DateTimeOffset receivedAt,
        RelistMark? relist = null
    )
    {
        Kind = kind;
        Old = old;
        New = @new;
        Revision = revision;
        ReceivedAt = receivedAt;
        _relist = relist;
        _digest = relist is null ? ChangeMark.Of(revision, Object).Digest : 0;
    }

    /// <summary>The kind of the change.</summary>
    public DeltaKind Kind { get; }

    /// <summary>
    /// The version before: for Updated (null if it was folded away) and for Deleted the last known state.
    /// </summary>
    public RawObject? Old { get; }

    /// <summary>
    /// For Deleted: the version that was cached before. A server sends a deletion with the object under the deletion's
    /// own version, which <see cref="Old"/> then has. None if <see cref="Old"/> is the cached object.
    /// </summary>
    public ResourceVersion HeldVersion { get; internal init; }

    /// <summary>The version after; null for Deleted.</summary>
    public RawObject? New { get; }

    /// <summary>The object this is about: <see cref="New"/>, else <see cref="Old"/>.</summary>
    public RawObject Object => (New ?? Old)!;

    /// <summary>
    /// A reader of this delta has seen everything up to this revision; cursors are made of it. A change found by a
    /// relist has no revision of its own: here it is the revision before the relist.
    /// </summary>
    public ResourceVersion Revision { get; }

    /// <summary>
    /// The revision from which a reader of this delta can continue at another replica. None within the changes found by
    /// a relist: a list has no order in time, so only its last delta has a revision again. In between a cursor can
    /// continue by position here, and not at another replica.
    /// </summary>
    public ResourceVersion ResumeAt =>
        _relist is null ? Revision
        : _relist.Done is { } done && Sequence == done.LastSequence ? done.Revision
        : ResourceVersion.None;

    /// <summary>
    /// This change, to distinguish histories of the server. For the last change found by a list: the newest change in
    /// the list. None in the middle of a list, and for folded steps.
    /// </summary>
    public ChangeMark Change =>
        _relist is not null
            ? _relist.Done is { } done && Sequence == done.LastSequence
                ? done.Newest
                : ChangeMark.None
            : !IsFolded && Revision.IsNumber
                ? new(Revision.Number, _digest)
                : ChangeMark.None;

    /// <summary>When the change was read from the socket.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>
    /// True if steps in between were left out: a consumer that lagged was brought up to date from the store.
    /// </summary>
    public bool IsFolded { get; internal init; }

    /// <summary>
    /// True for a deletion seen only because a relist lacked the object: <see cref="Old"/> may be older than its true
    /// last state (client-go's <c>DeletedFinalStateUnknown</c>).
    /// </summary>
    public bool IsFinalStateUnknown => Kind == DeltaKind.Deleted && _relist is not null;

    /// <summary>
    /// True for a change found by a relist: the server was not watched for a while, and only the outcome is known.
    /// Steps in between may be missing, and objects that were created and deleted in that time are not reported at all
    /// (<see cref="DeltaLog.IsBridgedAfter"/>).
    /// </summary>
    public bool IsFromRelist => _relist is not null && !IsInInitialList;

    /// <summary>True for what belongs to the informer's first list (client-go's <c>isInInitialList</c>).</summary>
    public bool IsInInitialList { get; internal init; }

    /// <summary>
    /// A gateway's encoding of this delta, so that a thousand subscribers share one copy. Set it to a value that is a
    /// function of this delta alone: two threads may both encode, and either result may stay.
    /// </summary>
    public object? Encoding { get; set; }

    /// <summary>
    /// The position of a cursor of the same log that has read everything up to and including this delta; see
    /// <see cref="DeltaCursor.Position"/>.
    /// </summary>
    public long Position => Sequence;

    /// <summary>The position in the log, from 1.</summary>
    internal long Sequence { get; set; }

    /// <summary>
    /// The newest revision this delta may stem from; none while the relist that found it is still going on.
    /// </summary>
    internal ResourceVersion UpTo => _relist is null ? Revision : _relist.UpTo;

    /// <summary>The record of a delta that is no longer kept.</summary>
    internal ForgottenMark Mark => new(Sequence, Revision, _relist);

    /// <summary>
    /// The record of a deletion: everything except the body, and above all the latest revision at which it may have
    /// happened.
    /// </summary>
    internal Delta AsTombstone() =>
        new(Kind, Old!.WithoutBody(), null, Revision, ReceivedAt, _relist) { IsFolded = true, Sequence = Sequence };

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Object}{(IsFolded ? " (folded)" : "")}";
}

/// <summary>
/// The position of a forgotten delta. A delta found by a relist may be forgotten before the relist is complete; its
/// newest revision then becomes known later.
/// </summary>
internal readonly record struct ForgottenMark(long Sequence, ResourceVersion Revision, RelistMark? Relist)
{
    /// <summary>
    /// True if a reader that has seen everything up to <paramref name="revision"/> may not have seen it.
    /// </summary>
    public bool IsAfter(ResourceVersion revision) =>
        Sequence > 0
        && (
            (Relist is null ? Revision : Relist.UpTo) is not { IsNone: false } upTo
            || upTo.CompareTo(revision) is not (RevisionOrder.Older or RevisionOrder.Equal)
        );
}

/// <summary>Shared by the deltas of one relist; its final revision is set when the list is complete.</summary>
internal sealed class RelistMark
{
    private Ending? _done;

    /// <summary>
    /// The revision at which the relist ended; null while it is in progress. Written once, by the log's writer.
    /// </summary>
    public Ending? Done => Volatile.Read(ref _done);

    /// <summary>The list's revision; none while it is going on.</summary>
    public ResourceVersion UpTo => Done?.Revision ?? ResourceVersion.None;

    /// <summary>A mark of a completed operation: a change at this revision that is delivered as two deltas.</summary>
    public static RelistMark At(ResourceVersion revision)
    {
        var mark = new RelistMark();
        mark.End(revision, 0, ChangeMark.None);
        return mark;
    }

    /// <summary>The list is complete.</summary>
    public void End(ResourceVersion revision, long lastSequence, ChangeMark newest) =>
        Volatile.Write(ref _done, new Ending(revision, lastSequence, newest));

    /// <summary>How a relist ended.</summary>
    /// <param name="Revision">The list's revision.</param>
    /// <param name="LastSequence">The position of its last delta.</param>
    /// <param name="Newest">The newest change that is known after it.</param>
    internal sealed record Ending(ResourceVersion Revision, long LastSequence, ChangeMark Newest);
}
