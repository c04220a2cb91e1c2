using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Terminal.Keys;
using Vigia.Terminal.Screens;

namespace Vigia.Terminal.App;

/// <summary>How <c>vigia top</c> is to run.</summary>
internal sealed class TopOptions
{
    /// <summary>The kinds.</summary>
    public ResourceCatalog Catalog { get; init; } = ResourceCatalog.BuiltIn;

    /// <summary>The contexts to look at first.</summary>
    public required IReadOnlyList<ClusterConfiguration> Clusters { get; init; }

    /// <summary>Every context there is.</summary>
    public required IReadOnlyList<string> AllContexts { get; init; }

    /// <summary>Resolves a context by its name.</summary>
    public required Func<string, ClusterConfiguration> Resolve { get; init; }

    /// <summary>The command to begin with, as <c>deploy kube-system</c>; null for pods.</summary>
    public string? Command { get; init; }

    /// <summary>The namespace to begin in; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Nothing is changed in any cluster.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>How many colours.</summary>
    public ColourDepth Depth { get; init; } = ColourDepth.Cube;

    /// <summary>Light or dark; null for what the terminal says, else dark.</summary>
    public bool? IsLight { get; init; }

    /// <summary>Namespaces of the number keys, before those that are found.</summary>
    public IReadOnlyList<string> Favourites { get; init; } = [];

    /// <summary>The keys.</summary>
    public KeyTable Keys { get; init; } = KeyTable.Default;

    /// <summary>Names of the user's own for commands, without colons.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>Where to write figures at the end (delays of keys, CPU, memory); null for nowhere.</summary>
    public string? Measurements { get; init; }

    /// <summary>
    /// Where an exception is thrown that nobody expects when F12 is typed, so that a test can see the terminal given
    /// back: <c>screen</c>, <c>thread</c> or <c>task</c>; null, as it should be, for nowhere.
    /// </summary>
    public string? Crash { get; init; }
}
