using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Vigia.Testing;

namespace Vigia.Samples.Tests;

/// <summary>A sample as its readers run it: a process, with a kubeconfig in its environment.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<(string Line, long At)> _output = new();

    private SampleProcess(Process process) => _process = process;

    public string Text => string.Join('\n', _output.Select(line => line.Line));

    public int ExitCode => _process.ExitCode;

    public static SampleProcess Start(string sample, string kubeconfig, params string[] arguments)
    {
        var start = Children.Start("dotnet");
        start.ArgumentList.Add(Repository.Built(sample));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["KUBECONFIG"] = kubeconfig;
        var process = new SampleProcess(Process.Start(start)!);
        process._process.OutputDataReceived += (_, line) => process.Note(line.Data);
        process._process.ErrorDataReceived += (_, line) => process.Note(line.Data);
        process._process.BeginOutputReadLine();
        process._process.BeginErrorReadLine();
        return process;
    }

    /// <summary>The first line that has a text; waits for it.</summary>
    /// <returns>The line, and when it was read (a <see cref="Stopwatch"/> timestamp).</returns>
    public async Task<(string Line, long At)> LineAsync(string text, TimeSpan? within = null)
    {
        await Eventually.TrueAsync(
            () => Has(text) || _process.HasExited,
            $"a line with '{text}'",
            within ?? TimeSpan.FromSeconds(40),
            () => $"so far:\n{Text}"
        );
        return Has(text)
            ? _output.First(line => line.Line.Contains(text, StringComparison.Ordinal))
            : throw new InvalidOperationException($"the sample ended without '{text}':\n{Text}");
    }

    public bool Has(string text) => _output.Any(line => line.Line.Contains(text, StringComparison.Ordinal));

    /// <summary>Sends a signal (as Ctrl-C does INT) and waits for the end.</summary>
    public async Task<int> SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _process
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue((line, Stopwatch.GetTimestamp()));
        }
    }
}
