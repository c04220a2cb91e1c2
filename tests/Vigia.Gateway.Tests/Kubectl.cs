using System.Diagnostics;

namespace Vigia.Gateway.Tests;

/// <summary>The kubectl that is on the PATH, without a kubeconfig.</summary>
internal static class Kubectl
{
    public static bool IsThere =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "kubectl")));

    public static Process Start(Uri server, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "kubectl",
            [
                "--server",
                server.ToString().TrimEnd('/'),
                "--kubeconfig",
                "/dev/null",
                "--cache-dir",
                Path.Combine(AppContext.BaseDirectory, $"kubectl-{server.Port}"),
                .. arguments,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    /// <summary>Standard output and error, together.</summary>
    public static async Task<string> RunAsync(Uri server, params string[] arguments)
    {
        using var process = Start(server, arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output + await error;
    }
}
