using Vigia.Terminal.Screens;

namespace Vigia.Commands;

/// <summary>
/// Detects that the reader of standard output has closed it, as with <c>| head -1</c>. .NET's Console then drops
/// further output and reports nothing.
/// </summary>
internal static class OutputReader
{
    private const int StandardOutput = 1;

    // Not disposed: the thread that cancels it lives as long as the process.
    private static readonly CancellationTokenSource Closed = new();

    /// <summary>True if the reader has closed its end.</summary>
    public static bool IsGone => Closed.IsCancellationRequested;

    /// <summary>
    /// Cancelled when the reader closes its end, also while nothing is written: a quiet cluster leaves no process.
    /// </summary>
    public static CancellationToken Watch()
    {
        if (!OperatingSystem.IsWindows())
        {
            var waiting = new Thread(static () =>
            {
                if (Native.WaitHangUp(StandardOutput))
                {
                    Closed.Cancel();
                }
            })
            {
                IsBackground = true,
                Name = "vigia output",
            };
            waiting.Start();
        }

        return Closed.Token;
    }
}
