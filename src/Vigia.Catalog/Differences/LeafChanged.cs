namespace Vigia.Catalog.Differences;

/// <summary>Called for each leaf that differs between two versions of an object.</summary>
/// <param name="path">Where it is, as <c>status.conditions[Ready].status</c>.</param>
/// <param name="from">What it was, as JSON; empty where it was not there.</param>
/// <param name="to">What it is, as JSON; empty where it is gone.</param>
internal delegate void LeafChanged(string path, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);
