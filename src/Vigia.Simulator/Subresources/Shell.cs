using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// The fake shell in a simulated container: enough of <c>sh</c> (quotes, variables, <c>;</c>, <c>&amp;&amp;</c>,
/// <c>||</c>, redirection to standard error) and of its commands to try a terminal. With a terminal it echoes, edits
/// lines and ends with Ctrl-D, as a line discipline does.
/// </summary>
internal sealed class Shell
{
    private const byte CtrlC = 3,
        CtrlD = 4,
        Backspace = 8,
        Delete = 127,
        CtrlU = 21;

    private static readonly string[] Shells = ["sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"];

    private readonly RemoteStreams _streams;
    private readonly ContainerInstance _run;
    private readonly TimeProvider _time;
    private readonly bool _tty;
    private readonly ShellCommands _commands;
    private bool _silent;
    private TerminalSize _size = new(80, 24);

    public Shell(RemoteStreams streams, ContainerInstance run, TimeProvider time, bool tty)
    {
        (_streams, _run, _time, _tty) = (streams, run, time, tty);
        _commands = new ShellCommands(run, time);
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>The Status of its end.</returns>
    public async Task<JsonObject> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        if (Shells.Contains(command[0]))
        {
            var script = command.Count > 2 && command[1].StartsWith('-') && command[1].EndsWith('c') ? command[2] : null;
            return ExitStatus.Of(
                script is not null ? await ScriptAsync(script, cancellationToken)
                : _tty ? await InteractiveAsync(cancellationToken)
                : await LinesAsync(cancellationToken)
            );
        }

        return ShellCommands.Knows(command[0])
            ? ExitStatus.Of(await OneAsync(command, toError: false, cancellationToken))
            : ExitStatus.NotFound(command[0]);
    }

    /// <summary>As a terminal's line discipline puts it out: line feeds return the carriage.</summary>
    public static byte[] Cooked(ReadOnlySpan<byte> bytes)
    {
        var cooked = new ArrayBufferWriter<byte>(bytes.Length + 16);
        foreach (var b in bytes)
        {
            if (b == '\n')
            {
                cooked.Write("\r"u8);
            }

            cooked.Write([b]);
        }

        return cooked.WrittenSpan.ToArray();
    }

    /// <summary>A shell that reads its script from a pipe.</summary>
    private async Task<int> LinesAsync(CancellationToken cancellationToken)
    {
        var code = 0;
        while (await ReadLineAsync(cancellationToken) is { } line && !_commands.Exited)
        {
            code = await ScriptAsync(line, cancellationToken);
        }

        return _commands.Exited ? _commands.LastCode : code;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_commands.Exited)
            {
                return null;
            }

            var read = await _streams.Input.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                _streams.Input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
            {
                var rest = Encoding.UTF8.GetString(read.Buffer);
                _streams.Input.AdvanceTo(read.Buffer.End);
                return rest.Length == 0 ? null : rest;
            }

            _streams.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>A shell at a terminal: prompt, echo, and a line that can be corrected.</summary>
    private async Task<int> InteractiveAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        await PromptAsync(cancellationToken);
        while (true)
        {
            var read = await _streams.Input.ReadAsync(cancellationToken);
            var typed = read.Buffer.ToArray();
            _streams.Input.AdvanceTo(read.Buffer.End);
            for (var i = 0; i < typed.Length; i++)
            {
                switch (typed[i])
                {
                    case (byte)'\r' or (byte)'\n':
                        await WriteAsync("\n", cancellationToken);
                        var script = line.ToString();
                        line.Clear();
                        await ScriptAsync(script, cancellationToken);
                        if (_commands.Exited)
                        {
                            return _commands.LastCode;
                        }

                        await PromptAsync(cancellationToken);
                        break;
                    case CtrlC:
                        line.Clear();
                        await WriteAsync("^C\n", cancellationToken);
                        await PromptAsync(cancellationToken);
                        break;
                    case CtrlD when line.Length == 0:
                        await WriteAsync("\n", cancellationToken);
                        return _commands.LastCode;
                    case CtrlU:
                        await WriteAsync(string.Concat(Enumerable.Repeat("\b \b", line.Length)), cancellationToken);
                        line.Clear();
                        break;
                    case Backspace or Delete:
                        if (line.Length > 0)
                        {
                            line.Length--;
                            await WriteAsync("\b \b", cancellationToken);
                        }

                        break;
                    case >= 32:
                        line.Append((char)typed[i]);
                        await WriteAsync(((char)typed[i]).ToString(), cancellationToken);
                        break;
                }
            }

            if (read.IsCompleted)
            {
                return _commands.LastCode;
            }
        }
    }

    private async Task PromptAsync(CancellationToken cancellationToken) =>
        await WriteAsync($"{_run.Container}:{_commands.Directory}$ ", cancellationToken);

    private async Task<int> ScriptAsync(string script, CancellationToken cancellationToken)
    {
        foreach (var step in ShellSyntax.Split(script))
        {
            if (
                _commands.Exited
                || (step.After == StepCondition.Success && _commands.LastCode != 0)
                || (step.After == StepCondition.Failure && _commands.LastCode == 0)
            )
            {
                continue;
            }

            var (words, toError, silent) = ShellSyntax.Words(step.Text, _commands.Variable);
            if (words.Count > 0)
            {
                _silent = silent;
                _commands.LastCode = await OneAsync(words, toError, cancellationToken);
                _silent = false;
            }
        }

        return _commands.LastCode;
    }

    private async Task<int> OneAsync(IReadOnlyList<string> words, bool toError, CancellationToken cancellationToken)
    {
        while (_streams.Sizes.TryRead(out var size))
        {
            _size = size;
        }

        switch (words[0])
        {
            case "exec" when words.Count > 1:
                var last = await OneAsync([.. words.Skip(1)], toError, cancellationToken);
                _commands.Exit(last);
                return last;
            case var name when Shells.Contains(name):
                var inner =
                    words.Count > 2 && words[1].StartsWith('-') && words[1].EndsWith('c') ? await ScriptAsync(words[2], cancellationToken)
                    : _tty ? await InteractiveAsync(cancellationToken)
                    : await LinesAsync(cancellationToken);
                _commands.Return();
                return inner;
            case "cat" when words.Count == 1 || words[1] == "-":
                await CopyInputAsync(cancellationToken);
                return 0;
            case "sleep":
                await Task.Delay(
                    TimeSpan.FromSeconds(
                        words.Count > 1 && double.TryParse(words[1], CultureInfo.InvariantCulture, out var s) ? Math.Clamp(s, 0, 86_400) : 0
                    ),
                    _time,
                    cancellationToken
                );
                return 0;
            case "stty" when words.Count > 1 && words[1] == "size":
                if (!_tty)
                {
                    await WriteAsync("stty: standard input\n", cancellationToken, error: true);
                    return 1;
                }

                await WriteAsync(
                    string.Create(CultureInfo.InvariantCulture, $"{_size.Height} {_size.Width}\n"),
                    cancellationToken,
                    toError
                );
                return 0;
            case "resizes":
                return await TellResizesAsync(cancellationToken);
            case "seq" when words.Count > 1 && long.TryParse(words[^1], CultureInfo.InvariantCulture, out var most):
                await CountAsync(most, toError, cancellationToken);
                return 0;
        }

        var (code, output, errors) = _commands.Run(words);
        await WriteAsync(output, cancellationToken, toError);
        await WriteAsync(errors, cancellationToken, error: true);
        return code;
    }

    /// <summary>
    /// Prints every size of the terminal until the input ends or Ctrl-C is typed: for the tests of clients.
    /// </summary>
    private async Task<int> TellResizesAsync(CancellationToken cancellationToken)
    {
        await foreach (var size in _streams.Sizes.ReadAllAsync(cancellationToken))
        {
            _size = size;
            await WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}\n"), cancellationToken);
            if (size is { Width: 1, Height: 1 })
            {
                break;
            }
        }

        return 0;
    }

    private async Task CountAsync(long last, bool toError, CancellationToken cancellationToken)
    {
        var piece = new StringBuilder();
        for (var i = 1L; i <= last; i++)
        {
            piece.Append(i).Append('\n');
            if (piece.Length > 16_000 || i == last)
            {
                await WriteAsync(piece.ToString(), cancellationToken, toError);
                piece.Clear();
            }
        }
    }

    private async Task CopyInputAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _streams.Input.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                var end = _tty ? segment.Span.IndexOf(CtrlD) : -1;
                await _streams.WriteAsync(end < 0 ? segment : segment[..end], error: false, cancellationToken);
                if (end >= 0)
                {
                    _streams.Input.AdvanceTo(read.Buffer.End);
                    return;
                }
            }

            _streams.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancellationToken, bool error = false)
    {
        if (text.Length > 0 && (error || !_silent))
        {
            var bytes = Encoding.UTF8.GetBytes(text);

            // A terminal is one device: there, errors come by the same way as the rest.
            await _streams.WriteAsync(_tty ? Cooked(bytes) : bytes, error && !_tty, cancellationToken);
        }
    }
}
