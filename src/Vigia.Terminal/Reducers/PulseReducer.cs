using Vigia.Terminal.Keys;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do in the overview.</summary>
internal static class PulseReducer
{
    public static AppState Act(AppState state, PulseState pulse, UiAction action, ReducerContext context) =>
        action switch
        {
            UiAction.Up => state with { View = pulse with { Cursor = Math.Max(pulse.Cursor - 1, 0) } },
            UiAction.Down => state with { View = pulse with { Cursor = Math.Min(pulse.Cursor + 1, context.Catalog.Entries.Count - 1) } },
            UiAction.Open when Kinds(context).ElementAtOrDefault(pulse.Cursor) is { } entry => Navigation.OpenTable(
                state,
                entry,
                Navigation.CurrentNamespace(state)
            ),
            _ => state,
        };

    /// <summary>The kinds of the overview, in its order.</summary>
    public static IEnumerable<Vigia.Catalog.ResourceEntry> Kinds(ReducerContext context) =>
        context.Catalog.Entries.Where(entry => entry.Tier <= 3);
}
