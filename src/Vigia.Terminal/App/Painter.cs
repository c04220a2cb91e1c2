using System.Buffers;
using Vigia.Terminal.Screens;
using Vigia.Terminal.Views;

namespace Vigia.Terminal.App;

/// <summary>Draws a frame and writes the cells that differ from the frame before.</summary>
internal sealed class Painter(AppSession session)
{
    private readonly ArrayBufferWriter<byte> _output = new(1 << 16);
    private Canvas? _shown;
    private Canvas? _next;

    /// <summary>The text on the screen; empty where nothing was drawn.</summary>
    public string Text => _shown?.ToText() ?? "";

    /// <summary>Others have written to the terminal: the next frame is written whole.</summary>
    public void Forget() => _shown = null;

    /// <summary>Draws the state.</summary>
    public void Draw(ScreenContent content)
    {
        var (width, height) = (session.State.Width, session.State.Height);
        if (_next is null || _next.Width != width || _next.Height != height)
        {
            _next = new Canvas(width, height);
        }

        ScreenView.Draw(_next, session.State, content);
        _output.ResetWrittenCount();
        if (FrameWriter.Write(_shown, _next, session.Options.Depth, _output))
        {
            session.Terminal.Write(_output.WrittenSpan);
            session.Measured.Frame(_output.WrittenCount);
        }

        (_shown, _next) = (_next, _shown);
    }
}
