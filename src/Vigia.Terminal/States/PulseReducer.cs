using Vigia.Terminal.Keys;

namespace Vigia.Terminal.States;

/// <summary>What keys do in the overview.</summary>
internal static class PulseReducer
{
    public static AppState Act(AppState state, PulseState pulse, UiAction action, ReducerContext context) =>
        action switch
        {
            UiAction.Up => state with { View = pulse with { Cursor = Math.Max(pulse.Cursor - 1, 0) } },
            UiAction.Down => state with { View = pulse with { Cursor = Math.Min(pulse.Cursor + 1, context.Catalog.Entries.Count - 1) } },
            UiAction.Open when Kinds(context).ElementAtOrDefault(pulse.Cursor) is { } entry => Reducer.OpenTable(
                state,
                entry,
                Reducer.CurrentNamespace(state)
            ),
            _ => state,
        };

    /// <summary>The kinds of the overview, in its order.</summary>
    public static IEnumerable<Vigia.Catalog.ResourceEntry> Kinds(ReducerContext context) =>
        context.Catalog.Entries.Where(entry => entry.Tier <= 3);
}
