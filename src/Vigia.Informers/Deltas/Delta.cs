using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>What happened to an object.</summary>
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
        (old ?? @new) is null ? throw new ArgumentException("a delta is about an object") : new(kind, old, @new, revision, receivedAt);

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

    /// <summary>What happened.</summary>
    public DeltaKind Kind { get; }

    /// <summary>
    /// The version before: for Updated (null where it was folded away) and for Deleted the last known state.
    /// </summary>
    public RawObject? Old { get; }

    /// <summary>
    /// For Deleted: the version that was held before. A server tells a deletion with the object under the deletion's
    /// own version, which is what <see cref="Old"/> has then. None where <see cref="Old"/> is what was held.
    /// </summary>
    public ResourceVersion HeldVersion { get; internal init; }

    /// <summary>The version after; null for Deleted.</summary>
    public RawObject? New { get; }

    /// <summary>The object this is about: <see cref="New"/>, else <see cref="Old"/>.</summary>
    public RawObject Object => (New ?? Old)!;

    /// <summary>
    /// Whoever has seen this delta has seen everything up to this revision: what a cursor is made of. For a change
    /// found by a relist, which has no revision of its own, the revision before the relist.
    /// </summary>
    public ResourceVersion Revision { get; }

    /// <summary>
    /// The revision with which somebody who has seen this delta can go on at another replica. None within what a relist
    /// found: a list has no order in time, so only its last delta leads to a revision again; in between the position
    /// tells where to go on, here, and elsewhere nothing does.
    /// </summary>
    public ResourceVersion ResumeAt =>
        _relist is null ? Revision
        : _relist.Done is { } done && Sequence == done.LastSequence ? done.Revision
        : ResourceVersion.None;

    /// <summary>
    /// This change, to tell the server's histories apart; for the last of what a list found the newest change that the
    /// list showed. None in the midst of a list, and for steps that were folded.
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
    /// True where steps in between were left out: a consumer that lagged was brought up to date from the store.
    /// </summary>
    public bool IsFolded { get; internal init; }

    /// <summary>
    /// True for a deletion seen only because a relist lacked the object: <see cref="Old"/> may be older than its true
    /// last state (client-go's <c>DeletedFinalStateUnknown</c>).
    /// </summary>
    public bool IsFinalStateUnknown => Kind == DeltaKind.Deleted && _relist is not null;

    /// <summary>
    /// True for what a later list found: the server was not watched for a stretch, of which only the outcome is known.
    /// Steps in between may have been left out, and objects that came and went within it are told nowhere
    /// (<see cref="DeltaLog.IsBridgedAfter"/>).
    /// </summary>
    public bool IsFromRelist => _relist is not null && !IsInInitialList;

    /// <summary>True for what belongs to the informer's first list (client-go's <c>isInInitialList</c>).</summary>
    public bool IsInInitialList { get; internal init; }

    /// <summary>
    /// What a gateway encoded of this delta, kept beside it so that a thousand subscribers share one copy. Set it to a
    /// value that is a function of this delta alone: two threads may both encode, and either result may stay.
    /// </summary>
    public object? Encoding { get; set; }

    /// <summary>
    /// Where a cursor of the same log stands that has read everything up to and including this delta; see
    /// <see cref="DeltaCursor.Position"/>.
    /// </summary>
    public long Position => Sequence;

    /// <summary>The position in the log, from 1.</summary>
    internal long Sequence { get; set; }

    /// <summary>
    /// The newest revision this delta may stem from; none while the relist that found it is still going on.
    /// </summary>
    internal ResourceVersion UpTo => _relist is null ? Revision : _relist.UpTo;

    /// <summary>What is remembered of a delta that is not kept.</summary>
    internal ForgottenMark Mark => new(Sequence, Revision, _relist);

    /// <summary>
    /// What is remembered of a deletion: everything but the body, and above all up to which revision it may have
    /// happened.
    /// </summary>
    internal Delta AsTombstone() =>
        new(Kind, Old!.WithoutBody(), null, Revision, ReceivedAt, _relist) { IsFolded = true, Sequence = Sequence };

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Object}{(IsFolded ? " (folded)" : "")}";
}

/// <summary>
/// Where a forgotten delta stood. One that a relist found may be forgotten before the relist is complete, so that its
/// newest revision is told only later.
/// </summary>
internal readonly record struct ForgottenMark(long Sequence, ResourceVersion Revision, RelistMark? Relist)
{
    /// <summary>
    /// True where somebody who has seen everything up to <paramref name="revision"/> may not have seen it.
    /// </summary>
    public bool IsAfter(ResourceVersion revision) =>
        Sequence > 0
        && (
            (Relist is null ? Revision : Relist.UpTo) is not { IsNone: false } upTo
            || upTo.CompareTo(revision) is not (RevisionOrder.Older or RevisionOrder.Equal)
        );
}

/// <summary>
/// Shared by the deltas that one relist found; what it ended at is filled in when the list is complete.
/// </summary>
internal sealed class RelistMark
{
    private Ending? _done;

    /// <summary>Where the relist ended; null while it is going on. Written once, by the log's writer.</summary>
    public Ending? Done => Volatile.Read(ref _done);

    /// <summary>The list's revision; none while it is going on.</summary>
    public ResourceVersion UpTo => Done?.Revision ?? ResourceVersion.None;

    /// <summary>A mark of something that is over: a change at this revision that is told in two deltas.</summary>
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
