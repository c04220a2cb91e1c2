using Vigia.Kubernetes;

namespace Vigia.Informers;

/// <summary>One step of <see cref="Following.FollowAsync"/>: a snapshot or changes, and the freshness.</summary>
/// <param name="Reset">
/// Not null: forget the known objects and start with <see cref="Snapshot"/>. The first step is a reset
/// (<see cref="ResetReason.Start"/>).
/// </param>
/// <param name="Snapshot">All current objects, for a reset; empty otherwise.</param>
/// <param name="Deltas">
/// The changes since the previous step, in order; for a reader that lagged the outcome for each object, marked as
/// folded. Empty if only the freshness changed.
/// </param>
/// <param name="HasSynced">True once the first list is complete; never false again.</param>
/// <param name="Freshness">Live, or stale since when and why.</param>
public sealed record InformerStep(
    ResetReason? Reset,
    IReadOnlyList<RawObject> Snapshot,
    IReadOnlyList<Delta> Deltas,
    bool HasSynced,
    Freshness Freshness
);
