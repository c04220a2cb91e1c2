using System.Diagnostics;
using Vigia.Simulator;

namespace Vigia.Samples.Tests;

public sealed class LiveListTests
{
    [Fact]
    public async Task A_browser_is_sent_the_list_then_every_change_and_is_told_when_the_list_is_not_live()
    {
        await using var cluster = await VigiaSimulator.StartAsync();
        await PodAsync(cluster, "first");
        await using var app = SampleProcess.Start("LiveList", cluster.KubeconfigPath, "--urls", "http://127.0.0.1:0");
        var address = (await app.LineAsync("Now listening on: ")).Line.Split(": ", 2)[1].Trim();
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        Assert.Contains(
            "EventSource('/pods/live')",
            await http.GetStringAsync("/", TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        await using var stream = await http.GetStreamAsync("/pods/live", TestContext.Current.CancellationToken);
        using var lines = new StreamReader(stream);

        Assert.Equal("event: reset", await NextAsync(lines, "event:"));
        await UntilAsync(lines, "default/first");
        var started = Stopwatch.GetTimestamp();
        await PodAsync(cluster, "second");
        await UntilAsync(lines, "\"key\":\"default/second\"");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"from the write to the browser: {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0.0} ms"
        );
        await cluster.Objects.DeleteAsync("pods", "second");
        await UntilAsync(lines, "\"removed\":[\"default/second\"]");
        await cluster.Faults.GoDarkAsync();
        await UntilAsync(lines, "\"isLive\":false");
        Assert.Contains(
            "default/first",
            await http.GetStringAsync("/pods", TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );

        Assert.Equal(0, await app.SignalAsync("TERM"));
        Assert.Null(await LastAsync(lines));
    }

    private static Task<string> UntilAsync(StreamReader lines, string text) =>
        FindAsync(lines, line => line.Contains(text, StringComparison.Ordinal), text);

    private static Task<string> NextAsync(StreamReader lines, string start) =>
        FindAsync(lines, line => line.StartsWith(start, StringComparison.Ordinal), start);

    private static async Task<string> FindAsync(StreamReader lines, Func<string, bool> is_, string what)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (await lines.ReadLineAsync(late.Token) is { } line)
        {
            if (is_(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"the stream ended before '{what}' came");
    }

    /// <summary>Reads to the end: a stream that the application ended, not one that broke.</summary>
    private static async Task<string?> LastAsync(StreamReader lines)
    {
        string? line;
        do
        {
            line = await lines.ReadLineAsync(TestContext.Current.CancellationToken);
        } while (line is not null);

        return line;
    }

    private static Task PodAsync(VigiaSimulator cluster, string name) =>
        cluster.Objects.CreateAsync(
            $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"containers":"""
                + $$$"""[{"name":"a","image":"a"}]}}"""
        );
}
