using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Vigia.Terminal.Screens;

/// <summary>The terminal of this process, on Linux and macOS.</summary>
/// <remarks>
/// <b>Guarantees.</b> Whatever ends the process short of SIGKILL, <see cref="Leave"/> has run: at the end of a program,
/// on an exception nobody caught, on signals. It may be called twice and from any thread.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixTerminal : ITerminal
{
    private const int Input = 0;
    private const int Output = 1;

    // How long an escape waits for what may follow it: longer than a slow ssh connection splits, shorter than a person
    // notices.
    private const int EscapePatienceMilliseconds = 30;

    private readonly byte[] _saved = new byte[Native.TermiosSize];
    private readonly byte[] _leaving;
    private readonly byte[] _entering;
    private readonly Lock _gate = new();
    private readonly InputParser _parser = new();
    private readonly int[] _wake = new int[2];
    private readonly ManualResetEventSlim _reading = new(true);
    private readonly ManualResetEventSlim _paused = new(false);
    private Thread? _reader;
    private volatile bool _entered;
    private volatile bool _ending;
    private volatile Action<ReadOnlyMemory<byte>>? _passing;

    /// <summary>Makes it; nothing changes before <see cref="Enter"/>.</summary>
    /// <param name="mouse">
    /// Whether the mouse's wheel and clicks are asked for: the terminal's own selection of text then needs shift.
    /// </param>
    /// <param name="askBackground">Whether to ask the terminal if it is light or dark.</param>
    public unsafe UnixTerminal(bool mouse, bool askBackground)
    {
        // The other screen, no cursor, no wrapping, pasted text marked as such.
        _entering = System.Text.Encoding.ASCII.GetBytes(
            $"\e[?1049h\e[?25l\e[?7l\e[?2004h{(mouse ? "\e[?1000h\e[?1006h" : "")}\e[2J{(askBackground ? "\e]11;?\e\\" : "")}"
        );
        _leaving = System.Text.Encoding.ASCII.GetBytes("\e[?1006l\e[?1000l\e[?2004l\e[?7h\e[0m\e[2J\e[?25h\e[?1049l");
        fixed (int* wake = _wake)
        {
            if (Native.Pipe(wake) != 0)
            {
                throw new IOException($"no pipe can be made (error {Marshal.GetLastPInvokeError()})");
            }
        }
    }

    /// <summary>True where standard input and output are a terminal.</summary>
    public static bool IsTerminal => Native.IsTerminal(Input) == 1 && Native.IsTerminal(Output) == 1;

    /// <inheritdoc/>
    public unsafe (int Width, int Height) Size
    {
        get
        {
            var size = stackalloc ushort[4];
            return Native.Control(Output, Native.WindowSizeRequest, size) == 0 && size[0] > 0 && size[1] > 0
                ? (size[1], size[0])
                : (80, 24);
        }
    }

    /// <inheritdoc/>
    public unsafe void Enter()
    {
        lock (_gate)
        {
            if (_entered)
            {
                return;
            }

            fixed (byte* saved = _saved)
            {
                if (Native.GetAttributes(Input, saved) != 0)
                {
                    throw new IOException(
                        $"standard input's terminal cannot be asked for its settings (error {Marshal.GetLastPInvokeError()})"
                    );
                }

                var raw = stackalloc byte[Native.TermiosSize];
                new Span<byte>(_saved).CopyTo(new Span<byte>(raw, Native.TermiosSize));
                Native.MakeRaw(raw);
                if (Native.SetAttributes(Input, Native.TcsaDrain, raw) != 0)
                {
                    throw new IOException($"standard input's terminal cannot be made raw (error {Marshal.GetLastPInvokeError()})");
                }
            }

            _entered = true;
            WriteAll(_entering);
        }

        _paused.Reset();
        _reading.Set();
    }

    /// <inheritdoc/>
    public unsafe void Leave()
    {
        lock (_gate)
        {
            if (!_entered)
            {
                return;
            }

            _entered = false;
            WriteAll(_leaving);
            fixed (byte* saved = _saved)
            {
                _ = Native.SetAttributes(Input, Native.TcsaDrain, saved);
            }
        }

        // The reader must not take keys from the program that has the terminal next (an editor, a shell).
        _reading.Reset();
        Wake();
        if (_reader is { } reader && Thread.CurrentThread != reader)
        {
            _paused.Wait(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        // Whoever has the terminal now, or the message of a crash on another thread, is not drawn over.
        if (_entered)
        {
            WriteAll(bytes);
        }
    }

    private static unsafe void WriteAll(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var written = 0;
            while (written < bytes.Length)
            {
                var result = Native.Write(Output, start + written, (nuint)(bytes.Length - written));
                if (result < 0 && Marshal.GetLastPInvokeError() is not (Native.Interrupted or Native.TryAgain))
                {
                    // The terminal is gone: the reader reports it.
                    return;
                }

                written += Math.Max((int)result, 0);
            }
        }
    }

    /// <inheritdoc/>
    public void StartReading(Action<InputEvent> onInput)
    {
        _reader = new Thread(() => ReadLoop(onInput)) { IsBackground = true, Name = "keys" };
        _reader.Start();
    }

    /// <inheritdoc/>
    public void PassThrough(Action<ReadOnlyMemory<byte>>? onBytes)
    {
        lock (_gate)
        {
            _passing = onBytes;
            WriteAll(onBytes is null ? _entering : _leaving);
        }
    }

    /// <summary>Stops this process as it is, with the program that has the terminal: SIGCONT continues it.</summary>
    public static void StopProcess() => _ = Native.Kill(Environment.ProcessId, Native.StopSignal);

    /// <inheritdoc/>
    public void Suspend()
    {
        using var continued = new ManualResetEventSlim();
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => continued.Set());

        // The stop follows at once: a SIGCONT that somebody sends at the sight of the shell must not come before it, or
        // the stop would last.
        Leave();
        if (!continued.IsSet)
        {
            StopProcess();
        }

        // This thread may run on for a moment before the stop reaches it: it must not take the terminal again before
        // SIGCONT.
        continued.Wait();
        Enter();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending = true;
        Leave();
        _reading.Set();
        Wake();
        if (_reader is { } reader && reader != Thread.CurrentThread && !reader.Join(TimeSpan.FromMilliseconds(500)))
        {
            // It hangs in the terminal's driver: it is a background thread and holds nothing.
            return;
        }

        _ = Native.Close(_wake[0]);
        _ = Native.Close(_wake[1]);
        _reading.Dispose();
        _paused.Dispose();
    }

    private unsafe void Wake()
    {
        byte one = 1;
        _ = Native.Write(_wake[1], &one, 1);
    }

    private unsafe void ReadLoop(Action<InputEvent> onInput)
    {
        var events = new List<InputEvent>();
        var buffer = stackalloc byte[4096];
        var fds = stackalloc Native.PollFd[2];
        while (!_ending)
        {
            if (!_reading.IsSet)
            {
                _paused.Set();
                _reading.Wait();
                continue;
            }

            fds[0] = new() { Fd = Input, Events = Native.PollIn };
            fds[1] = new() { Fd = _wake[0], Events = Native.PollIn };
            var ready = Native.Poll(fds, 2, _parser.IsPending ? EscapePatienceMilliseconds : -1);
            events.Clear();
            if (ready == 0)
            {
                _parser.Flush(events);
            }
            else if (ready > 0 && fds[1].Revents != 0)
            {
                _ = Native.Read(_wake[0], buffer, 64);
                continue;
            }
            else if (ready > 0 && fds[0].Revents != 0)
            {
                var count = Native.Read(Input, buffer, 4096);
                if (count > 0 && _passing is { } passing)
                {
                    passing(new ReadOnlySpan<byte>(buffer, (int)count).ToArray());
                }
                else if (count > 0)
                {
                    _parser.Read(new ReadOnlySpan<byte>(buffer, (int)count), events);
                }
                else if (count == 0 || Marshal.GetLastPInvokeError() is not (Native.Interrupted or Native.TryAgain))
                {
                    onInput(new(InputKind.HangUp, ""));
                    return;
                }
            }

            foreach (var input in events)
            {
                onInput(input);
            }
        }
    }
}
