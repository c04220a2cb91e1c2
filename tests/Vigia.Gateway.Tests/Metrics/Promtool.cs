using System.Diagnostics;

namespace Vigia.Gateway.Tests.Metrics;

/// <summary>Prometheus' own judge of what a scrape says (Debian package prometheus).</summary>
internal static class Promtool
{
    /// <summary>Has the text checked; skips the test where there is no promtool, with the reason; in CI that is a failure.</summary>
    public static async Task CheckAsync(string text)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (path is null)
        {
            const string Reason = "promtool is not on PATH: install the Debian package prometheus";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", Reason);
            Assert.Skip(Reason);
        }

        var start = new ProcessStartInfo(path, "check metrics") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var said = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"promtool: {await said}{errors}\n{text}");
    }
}
