using System.Diagnostics;

namespace Vigia.Tests;

/// <summary>
/// Programs that tests use if the machine has them: on a bare machine a test is skipped with the reason, in CI that is
/// a failure.
/// </summary>
internal static class Tools
{
    /// <summary>The program's path; skips the test, or fails it in CI, where there is none.</summary>
    public static string Require(string name, string package)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        var reason = $"{name} is not installed (Debian's package {package})";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, reason);
        Assert.Fail(reason);
        return "";
    }

    /// <summary>Runs a program to its end; returns its exit code, standard output and standard error.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }
}
