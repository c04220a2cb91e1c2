using Vigia.Simulator.Storage;

namespace Vigia.Simulator;

/// <summary>
/// The whole state of a store at one moment, for <see cref="ObjectStore.Restore"/>. Immutable; shares the objects'
/// bytes with the store.
/// </summary>
public sealed class StoreBackup
{
    internal StoreBackup(
        long revision,
        IReadOnlyList<(ResourceType Type, StoredObject[] Items)> types,
        IReadOnlyList<ServedVersion> versions
    ) => (Revision, Types, Versions) = (revision, types, versions);

    /// <summary>The store's revision at that moment.</summary>
    public long Revision { get; }

    /// <summary>The number of objects.</summary>
    public int Objects => Types.Sum(t => t.Items.Length);

    internal IReadOnlyList<(ResourceType Type, StoredObject[] Items)> Types { get; }

    internal IReadOnlyList<ServedVersion> Versions { get; }
}
