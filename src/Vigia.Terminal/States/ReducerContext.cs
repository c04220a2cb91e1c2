using Vigia.Catalog;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Tables;
using Vigia.Terminal.Texts;

namespace Vigia.Terminal.States;

/// <summary>What a key's meaning may depend on beside the state: what is on the screen.</summary>
/// <param name="Rows">The table's rows.</param>
/// <param name="Document">The text's lines.</param>
/// <param name="Catalog">The kinds that are known.</param>
/// <param name="Names">Everything a command may begin with, for completion.</param>
/// <param name="Namespaces">The namespaces there are.</param>
/// <param name="AllContexts">The contexts there are.</param>
/// <param name="Now">The time.</param>
internal sealed record ReducerContext(
    ITableRows Rows,
    TextDocument Document,
    ResourceCatalog Catalog,
    IReadOnlyList<string> Names,
    IReadOnlyList<string> Namespaces,
    IReadOnlyList<string> AllContexts,
    DateTimeOffset Now
)
{
    /// <summary>
    /// True where <see cref="Namespaces"/> are all there are; false where only those of pods are known, as namespaces
    /// may not be listed.
    /// </summary>
    public bool KnowsNamespaces { get; init; } = true;

    /// <summary>What is wrong with a namespace that was typed; null where it may be there.</summary>
    public string? Problem(string ns) =>
        !KnowsNamespaces || Namespaces.Count == 0 || Namespaces.Contains(ns)
            ? null
            : $"there is no namespace "
                + $"'{ns}'{(Vigia.Catalog.Searching.NearestName.Of(ns, Namespaces) is { } near ? $", did you mean '{near}'?" : "")}";

    /// <summary>The keys.</summary>
    public KeyTable Keys { get; init; } = KeyTable.Default;

    /// <summary>Names of somebody's own for commands.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } =
        System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;
}
