using Vigia.Kubernetes;

namespace Vigia.Simulation.Cluster;

/// <summary>One version of one object, as the simulated server decided it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Revision">The revision that made it; for a deletion the deletion's.</param>
/// <param name="Previous">The revision of the version before it, 0 for the first.</param>
/// <param name="Json">What the server sends, with managedFields.</param>
/// <param name="Kept">What a cache keeps of it.</param>
/// <param name="Era">How often the server had been restored when it was made.</param>
internal sealed record ObjectVersion(ObjectKey Key, string Uid, ulong Revision, ulong Previous, string Json, string Kept, int Era);

/// <summary>A change in the server's log.</summary>
internal sealed record Change(string Type, ObjectVersion Version);
