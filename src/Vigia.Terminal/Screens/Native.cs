using System.Runtime.InteropServices;

namespace Vigia.Terminal.Screens;

/// <summary>
/// The few calls to the C library that a terminal needs: .NET's Console keeps its own idea of the terminal's state and
/// cannot be told to leave it alone.
/// </summary>
internal static partial class Native
{
    public const int TcsaDrain = 1;
    public const short PollIn = 1;
    public const short PollNotOpen = 0x20;
    public const int Interrupted = 4;
    public const int TryAgain = 11;

    /// <summary>
    /// More than any system's <c>struct termios</c>: its contents are the library's business (<c>cfmakeraw</c>).
    /// </summary>
    public const int TermiosSize = 256;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    public static partial int IsTerminal(int fd);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    public static unsafe partial int GetAttributes(int fd, byte* termios);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    public static unsafe partial int SetAttributes(int fd, int action, byte* termios);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    public static unsafe partial void MakeRaw(byte* termios);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static unsafe partial int Control(int fd, nuint request, ushort* size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static unsafe partial int Poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static unsafe partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static unsafe partial nint Write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    public static unsafe partial int Pipe(int* fds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>
    /// Blocks until the other end of a pipe, socket or terminal is closed; false where the descriptor is not open.
    /// </summary>
    public static unsafe bool WaitHangUp(int fd)
    {
        // No events are asked for: an error and a hang-up are reported in any case.
        var one = new PollFd { Fd = fd };
        int ready;
        do
        {
            ready = Poll(&one, 1, -1);
        } while (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return ready > 0 && (one.Revents & PollNotOpen) == 0;
    }

    /// <summary><c>TIOCGWINSZ</c>.</summary>
    public static nuint WindowSizeRequest => OperatingSystem.IsLinux() ? 0x5413u : 0x40087468u;

    /// <summary><c>SIGSTOP</c>.</summary>
    public static int StopSignal => OperatingSystem.IsLinux() ? 19 : 17;
}
