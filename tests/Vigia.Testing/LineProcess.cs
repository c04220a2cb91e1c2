using System.Diagnostics;

namespace Vigia.Testing;

/// <summary>A program that says what it sees line by line, and takes lines. Ends with its test.</summary>
public sealed class LineProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private LineProcess(Process process) => _process = process;

    /// <summary>What it said so far, its errors included.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>True when it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts it.</summary>
    public static LineProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var started = new LineProcess(Process.Start(start)!);
        started._process.OutputDataReceived += (_, line) => started.Note(line.Data);
        started._process.ErrorDataReceived += (_, line) => started.Note(line.Data);
        started._process.BeginOutputReadLine();
        started._process.BeginErrorReadLine();
        return started;
    }

    /// <summary>The path of a program that is installed; null where it is not.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>How many lines begin so.</summary>
    public int Count(string beginning) => Lines.Count(line => line.StartsWith(beginning, StringComparison.Ordinal));

    /// <summary>Waits until it has said something that begins so.</summary>
    public Task SaysAsync(string beginning, TimeSpan? within = null) =>
        UntilAsync(lines => lines.Any(line => line.StartsWith(beginning, StringComparison.Ordinal)), $"'{beginning}'", within);

    /// <summary>Waits until what it said is as wanted; tells all of it otherwise.</summary>
    public async Task UntilAsync(Func<IReadOnlyList<string>, bool> condition, string what, TimeSpan? within = null)
    {
        try
        {
            await Eventually.TrueAsync(() => condition(Lines), what, within ?? TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"{timeout.Message}; it said:\n{string.Join('\n', Lines)}", timeout);
        }
    }

    /// <summary>Gives it a line.</summary>
    public async Task TellAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for its end; returns its exit code.</summary>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }
}
