namespace Vigia.Controllers;

/// <summary>
/// A lease as read from a store: the record, and the data with which the store refuses an update made from an older
/// state.
/// </summary>
/// <param name="Record">The holder and its times.</param>
/// <param name="ResourceVersion">The version that an update must name.</param>
/// <param name="Json">
/// The whole object as the server sent it; empty for stores without one. Fields unknown to Vigia are written back from
/// here.
/// </param>
public sealed record LeaseSnapshot(LeaseRecord Record, string ResourceVersion, ReadOnlyMemory<byte> Json = default);
