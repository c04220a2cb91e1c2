using Vigia.Catalog;
using Vigia.Terminal.Tables;

namespace Vigia.Terminal.States;

/// <summary>
/// Work that a reducer asks for because it is not a state. The app does it beside the drawing and reports back.
/// </summary>
internal abstract record Effect;

/// <summary>End.</summary>
internal sealed record QuitEffect : Effect;

/// <summary>Stop, as the shell's ctrl-z does.</summary>
internal sealed record SuspendEffect : Effect;

/// <summary>Redraw the whole screen.</summary>
internal sealed record RedrawEffect : Effect;

/// <summary>Put a text into the terminal's clipboard.</summary>
internal sealed record CopyEffect(string Text, string What) : Effect;

/// <summary>Save what is shown.</summary>
internal sealed record SaveEffect : Effect;

/// <summary>Find a resource by a name the catalog may not have, then show it.</summary>
internal sealed record ResolveEffect(string Name, string? Namespace, string Filter) : Effect;

/// <summary>Look at other contexts.</summary>
internal sealed record ContextEffect(IReadOnlyList<string> Names) : Effect;

/// <summary>End a forwarded port.</summary>
internal sealed record StopForwardEffect(int Number) : Effect;

/// <summary>End something that runs, as a drain.</summary>
internal sealed record StopActionEffect(int Number) : Effect;

/// <summary>Something done to objects.</summary>
/// <param name="Action">What.</param>
/// <param name="Entry">Of which kind.</param>
/// <param name="Objects">To which.</param>
internal sealed record ObjectEffect(Keys.UiAction Action, ResourceEntry Entry, IReadOnlyList<RowKey> Objects) : Effect
{
    /// <summary>What was filled in, by the names that the dialog gave its fields.</summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } =
        System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;
}

/// <summary>How an edit goes on that others' fields stand in the way of.</summary>
/// <param name="Step">What was chosen.</param>
internal sealed record EditEffect(EditStep Step) : Effect;
