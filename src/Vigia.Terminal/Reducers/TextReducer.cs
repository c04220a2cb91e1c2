using Vigia.Terminal.Commands;
using Vigia.Terminal.Keys;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Reducers;

/// <summary>What keys do in a text.</summary>
internal static class TextReducer
{
    private const int SideStep = 8;

    public static AppState Act(AppState state, TextState text, UiAction action, ReducerContext context, List<Effect> effects)
    {
        var page = Math.Max(state.BodyHeight - 1, 1);
        TextState With(LogSettings logs) => text with { Logs = logs with { Generation = text.Logs.Generation + 1 }, Follows = true };
        return action switch
        {
            UiAction.Up => View(Move(text, -1, state.BodyHeight, context)),
            UiAction.Down => View(Move(text, 1, state.BodyHeight, context)),
            UiAction.PageUp => View(Move(text, -page, state.BodyHeight, context)),
            UiAction.PageDown => View(Move(text, page, state.BodyHeight, context)),
            UiAction.Top => View(text with { Top = 0, Cursor = 0, Follows = false }),
            UiAction.Bottom => View(
                text with
                {
                    Top = int.MaxValue,
                    Cursor = int.MaxValue,
                    Follows = text.Kind is TextKind.Logs or TextKind.Changes,
                }
            ),
            UiAction.ScrollLeft => View(text with { Left = Math.Max(text.Left - SideStep, 0) }),
            UiAction.ScrollRight => View(text with { Left = text.Left + SideStep }),
            UiAction.Wrap => View(text with { Wraps = !text.Wraps, Left = 0 }),
            UiAction.ToggleManagedFields => View(text with { ManagedFields = !text.ManagedFields }),
            UiAction.Search => state with { Prompt = new(PromptKind.Search, text.Search, text.Search.Length, text.Search) },
            UiAction.NextMatch => View(Match(text, text.Search, 1, context)),
            UiAction.PreviousMatch => View(Match(text, text.Search, -1, context)),
            UiAction.ToggleFollow => View(text with { Follows = !text.Follows }),
            UiAction.Timestamps => View(text with { Logs = text.Logs with { Timestamps = !text.Logs.Timestamps } }),
            UiAction.ClearText => View(text with { Logs = text.Logs with { Cleared = text.Logs.Cleared + 1 } }),
            UiAction.PreviousLogs => View(With(text.Logs with { Previous = !text.Logs.Previous })),
            UiAction.AllContainers => View(With(text.Logs with { Container = null })),
            UiAction.Container => View(With(text.Logs with { Container = (text.Logs.Container ?? "") + "\t" })),
            UiAction.SinceTail => View(With(text.Logs with { Since = null, Tail = 500 })),
            UiAction.SinceHead => View(With(text.Logs with { Since = null, Tail = null })),
            UiAction.Since1 => View(With(text.Logs with { Since = TimeSpan.FromMinutes(1), Tail = null })),
            UiAction.Since5 => View(With(text.Logs with { Since = TimeSpan.FromMinutes(5), Tail = null })),
            UiAction.Since15 => View(With(text.Logs with { Since = TimeSpan.FromMinutes(15), Tail = null })),
            UiAction.Since30 => View(With(text.Logs with { Since = TimeSpan.FromMinutes(30), Tail = null })),
            UiAction.Since60 => View(With(text.Logs with { Since = TimeSpan.FromHours(1), Tail = null })),
            UiAction.Copy => Copy(),
            UiAction.StopAction => Stop(),
            UiAction.Open => Choose(state, text, context, effects),
            _ => state,
        };

        AppState View(TextState next) => state with { View = next };

        AppState Stop()
        {
            if (text.Kind == TextKind.Action)
            {
                effects.Add(new StopActionEffect(text.Number));
            }

            return state;
        }

        AppState Copy()
        {
            effects.Add(new CopyEffect(string.Join('\n', context.Document.Lines.Select(line => line.Plain)), "the text"));
            return state;
        }
    }

    public static TextState Move(TextState text, int lines, int height, ReducerContext context) =>
        context.Document.HasChoices
            ? text with
            {
                Cursor = Math.Clamp(text.Cursor + lines, 0, Math.Max(context.Document.Lines.Count - 1, 0)),
                Follows = false,
            }
            : text with
            {
                Top = Math.Max(Math.Min(text.Top, Math.Max(context.Document.Lines.Count - (text.Wraps ? 1 : height), 0)) + lines, 0),
                Follows = false,
            };

    /// <summary>Goes to the next line with the search text.</summary>
    public static TextState Match(TextState text, string search, int step, ReducerContext context)
    {
        var from = text.Cursor + step;
        var found = context.Document.Find(search, Math.Max(from, 0), step >= 0);
        return found < 0
            ? text with
            {
                Search = search,
            }
            : text with
            {
                Search = search,
                Cursor = found,
                Top = Math.Max(found - 3, 0),
                Follows = false,
            };
    }

    private static AppState Choose(AppState state, TextState text, ReducerContext context, List<Effect> effects)
    {
        if (text.Cursor >= context.Document.Lines.Count)
        {
            return state;
        }

        var line = context.Document.Lines[text.Cursor];
        if (line.Target is { } target)
        {
            return Navigation.OpenTable(
                state,
                target.Entry,
                target.Object.Key.Namespace.Length == 0 ? null : target.Object.Key.Namespace,
                selected: target.Object
            );
        }

        return line.Command is { } command ? CommandLine.Run(state, command, context, effects) : state;
    }
}
