using Microsoft.Playwright;

namespace Vigia.Tests;

/// <summary>The page at <c>/</c> in Chromium, with kubectl on the other side.</summary>
public sealed class PageTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] Flags =
    [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-page");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_page_shows_a_pod_made_with_kubectl_without_a_refresh_and_says_stale_when_the_api_server_is_gone()
    {
        var chromium = Tools.Require("chromium", "chromium");
        var kubectl = Tools.Require("kubectl", "kubernetes-client");
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulate = VigiaProcess.Start("simulate", "--pods", "30", "--kubeconfig-out", kubeconfig);
        await simulate.LineAsync("simulated API server at");
        await using var serve = VigiaProcess.Start("serve", "--kubeconfig", kubeconfig, "--listen", "http://127.0.0.1:0");
        var line = await serve.LineAsync("serving");
        var url = line[(line.IndexOf(" at ", StringComparison.Ordinal) + 4)..line.IndexOf(';', StringComparison.Ordinal)];

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = chromium,
                Headless = true,
                Args = Flags,
            }
        );
        var page = await browser.NewPageAsync();
        page.Console += (_, message) => output.WriteLine($"console: {message.Text}");
        await page.GotoAsync(url);
        await Assertions.Expect(page.Locator("#freshness")).ToHaveTextAsync("live", new() { Timeout = 15_000 });

        var run = await Tools.RunAsync(kubectl, "--kubeconfig", kubeconfig, "run", "made-by-kubectl", "--image=nginx");
        Assert.True(run.Code == 0, run.Error);
        await Assertions.Expect(page.Locator("tr", new() { HasText = "made-by-kubectl" })).ToBeVisibleAsync(new() { Timeout = 5_000 });
        await page.FillAsync("#filter", "made-by");
        await Assertions.Expect(page.Locator("#count")).ToHaveTextAsync("1 pods", new() { Timeout = 5_000 });
        await page.SelectOptionAsync("#resource", "namespaces");
        await page.FillAsync("#filter", "");
        await Assertions.Expect(page.Locator("tr", new() { HasText = "kube-system" })).ToBeVisibleAsync(new() { Timeout = 5_000 });
        if (Environment.GetEnvironmentVariable("VIGIA_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.SelectOptionAsync("#resource", "pods");
            await Assertions.Expect(page.Locator("tr", new() { HasText = "made-by-kubectl" })).ToBeVisibleAsync();
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "page.png") });
        }

        await simulate.SignalAsync("KILL");
        await Assertions.Expect(page.Locator("#freshness")).ToContainTextAsync("stale", new() { Timeout = 10_000 });
        await Assertions.Expect(page.Locator("tbody tr").First).ToBeVisibleAsync();
    }
}
