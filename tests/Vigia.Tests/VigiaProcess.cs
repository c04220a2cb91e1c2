using System.Collections.Concurrent;
using System.Diagnostics;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>The command as its users run it: a process.</summary>
internal sealed class VigiaProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private VigiaProcess(Process process) => _process = process;

    /// <summary>
    /// How to run it: the native binary that <c>VIGIA_COMMAND</c> names, or the assembly that was built with the tests.
    /// </summary>
    public static IReadOnlyList<string> Command { get; } =
        Environment.GetEnvironmentVariable("VIGIA_COMMAND") is { Length: > 0 } native
            ? [native]
            : ["dotnet", Path.Combine(AppContext.BaseDirectory, "vigia.dll")];

    /// <summary>The same for a shell.</summary>
    public static string ShellCommand => string.Join(' ', Command.Select(word => $"'{word}'"));

    public IReadOnlyCollection<string> Output => _output;

    public int ExitCode => _process.ExitCode;

    public static VigiaProcess Start(params string[] arguments)
    {
        var start = Children.Start(Command[0]);
        foreach (var argument in Command.Skip(1).Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        var vigia = new VigiaProcess(Process.Start(start)!);
        vigia._process.OutputDataReceived += (_, line) => vigia.Note(line.Data);
        vigia._process.ErrorDataReceived += (_, line) => vigia.Note(line.Data);
        vigia._process.BeginOutputReadLine();
        vigia._process.BeginErrorReadLine();
        return vigia;
    }

    /// <summary>Runs the command to its end.</summary>
    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        Tools.RunAsync(Command[0], [.. Command.Skip(1), .. arguments]);

    /// <summary>The first line that has a text; waits for it.</summary>
    public async Task<string> LineAsync(string text, TimeSpan? patience = null)
    {
        await Eventually.TrueAsync(
            () => _output.Any(line => line.Contains(text, StringComparison.Ordinal)) || _process.HasExited,
            $"a line with '{text}'",
            patience ?? TimeSpan.FromSeconds(30),
            () => $"so far: {string.Join('\n', _output)}"
        );
        return _output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"vigia ended: {string.Join('\n', _output)}");
    }

    /// <summary>Sends a signal (as Ctrl-C does INT) and returns how long the end took.</summary>
    public async Task<TimeSpan> SignalAsync(string signal)
    {
        var watch = Stopwatch.StartNew();
        await Tools.RunAsync("kill", $"-{signal}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await _process
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        return watch.Elapsed;
    }

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
            _output.Enqueue(line);
        }
    }
}
