namespace Vigia.Live.Relations;

/// <summary>A relation: from the one that owns, selects or names to the one that is owned, selected or named.</summary>
internal sealed record GraphEdge(string From, string To, string Kind);
