namespace Vigia.Catalog.Differences;

/// <summary>Called for each leaf that differs between two versions of an object.</summary>
/// <param name="path">Its path, for example <c>status.conditions[Ready].status</c>.</param>
/// <param name="from">The old value, as JSON; empty if there was none.</param>
/// <param name="to">The new value, as JSON; empty if there is none.</param>
internal delegate void LeafChanged(string path, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);
