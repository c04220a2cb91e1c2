using System.Diagnostics;

namespace Vigia.Gateway.Tests.Metrics;

/// <summary>Prometheus' own validator of a scrape (Debian package prometheus).</summary>
internal static class Promtool
{
    /// <summary>
    /// Has the text checked; skips the test where there is no promtool, with the reason; in CI that is a failure. One
    /// that shows more than this goes on where it is optional.
    /// </summary>
    public static async Task CheckAsync(string text, bool isOptional = false)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Select(folder => Path.Combine(folder, "promtool"))
            .FirstOrDefault(File.Exists);
        if (path is null)
        {
            const string Reason = "promtool is not on PATH: install the Debian package prometheus";
            if (isOptional)
            {
                return;
            }

            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Reason);
            Assert.Skip(Reason);
        }

        var start = new ProcessStartInfo(path, "check metrics")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var said = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"promtool: {await said}{errors}\n{text}");
    }
}
