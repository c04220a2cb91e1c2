namespace Vigia.Simulator.Storage;

/// <summary>How far a replica's watch cache is behind the store; one of the three counts.</summary>
/// <param name="Revisions">So many revisions behind.</param>
/// <param name="Age">So long behind.</param>
/// <param name="At">Stays at this revision.</param>
internal readonly record struct ReplicaLag(long? Revisions, TimeSpan? Age, long? At);
