using Vigia.Terminal.Screens;
using Vigia.Terminal.States;

namespace Vigia.Terminal.Views;

/// <summary>The whole screen: a pure function from state and content to glyphs.</summary>
internal static class ScreenView
{
    /// <summary>The smallest screen there is room for everything on.</summary>
    public const int LeastWidth = 40;
    public const int LeastHeight = 8;

    public static void Draw(Canvas canvas, AppState state, ScreenContent content)
    {
        canvas.Clear();
        if (canvas.Width < LeastWidth || canvas.Height < LeastHeight)
        {
            canvas.Write(0, 0, $"{canvas.Width}×{canvas.Height} is too small:", content.Theme.Plain);
            canvas.Write(0, 1, $"{LeastWidth}×{LeastHeight} at least", content.Theme.Plain);
            return;
        }

        HeaderView.Draw(canvas, state, content);
        var top = state.HeaderHeight;
        switch (state.View)
        {
            case TableState table:
                TableView.Draw(canvas, top, state.BodyHeight, state, table, content);
                break;
            case TextState text:
                TextView.Draw(canvas, top, state.BodyHeight, text, content);
                break;
            case PulseState pulse:
                PulseView.Draw(canvas, top, state.BodyHeight, pulse, content);
                break;
        }

        FooterView.Draw(canvas, state, content);
        if (state.Dialog is { } dialog)
        {
            DialogView.Draw(canvas, dialog, content);
        }
    }
}
