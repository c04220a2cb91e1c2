namespace Vigia.Controllers;

/// <summary>
/// A lease as a store gave it: the record, and what the store needs to refuse an update made from an older state.
/// </summary>
/// <param name="Record">The holder and its times.</param>
/// <param name="ResourceVersion">The version that an update must name.</param>
/// <param name="Json">
/// The whole object as the server sent it; empty for stores that have none. Fields that Vigia does not know are written
/// back from here.
/// </param>
public sealed record LeaseSnapshot(LeaseRecord Record, string ResourceVersion, ReadOnlyMemory<byte> Json = default);
