namespace Vigia.Terminal.States;

/// <summary>Shows a message for as long as it takes to read it.</summary>
internal static class Toasts
{
    private static readonly TimeSpan ToastTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan TimePerCharacter = TimeSpan.FromMilliseconds(20);

    public static AppState Say(AppState state, string text, ReducerContext context, bool isError = false) =>
        Say(state, text, context.Now, isError);

    public static AppState Say(AppState state, string text, DateTimeOffset now, bool isError = false) =>
        state with
        {
            Toast = new(text, isError, now + (isError ? 2 : 1) * (ToastTime + (text.Length * TimePerCharacter))),
        };
}
