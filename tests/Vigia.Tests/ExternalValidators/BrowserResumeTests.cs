using System.Text.Json;
using Microsoft.Playwright;
using Vigia.Testing;

namespace Vigia.Tests.ExternalValidators;

/// <summary>
/// Chromium's own EventSource and WebSocket, on a gateway that is killed under them and started again: the browser
/// comes back by itself, and is told exactly what it missed.
/// </summary>
public sealed class BrowserResumeTests(ITestOutputHelper output) : IDisposable
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

    // What a page does: nothing about cursors, the browser sends Last-Event-ID by itself.
    private const string EventSourcePage = """
        () => {
          window.story = []; window.opened = 0;
          const source = new EventSource('/api/v1/pods/stream?labelSelector=run');
          source.onopen = () => window.opened++;
          for (const name of ['reset', 'added', 'updated', 'deleted'])
            source.addEventListener(name, e => {
              const data = JSON.parse(e.data);
              window.story.push(name + ' ' + (data.name ?? data.reason));
            });
          source.addEventListener('synced', () => window.story.push('synced'));
        }
        """;

    // A WebSocket does not come back by itself: the page opens another and gives the cursor of the last message.
    private const string WebSocketPage = """
        () => {
          window.story = []; window.opened = 0; window.codes = [];
          let cursor;
          const open = () => {
            const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v1/ws');
            socket.onopen = () => {
              window.opened++;
              socket.send(JSON.stringify({ type: 'subscribe', id: 'pods', resources: ['pods'], labelSelector: 'run', cursor }));
            };
            socket.onmessage = e => {
              const data = JSON.parse(e.data);
              cursor = data.cursor ?? cursor;
              if (data.type === 'synced') window.story.push('synced');
              else if (['reset', 'added', 'updated', 'deleted', 'error'].includes(data.type))
                window.story.push(data.type + ' ' + (data.name ?? data.reason ?? data.error));
            };
            socket.onclose = e => { window.codes.push(e.code); setTimeout(open, 200); };
          };
          open();
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-external-validators");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("EventSource")]
    [InlineData("WebSocket")]
    public async Task A_browser_resumes_after_the_gateway_was_killed_and_started_again_and_gets_exactly_what_it_missed(string what)
    {
        var chromium = Tools.Require("chromium", "chromium");
        var kubectl = Tools.Require("kubectl", "kubernetes-client");
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulate = VigiaProcess.Start("simulate", "--pods", "0", "--rate", "0", "--kubeconfig-out", kubeconfig);
        await simulate.LineAsync("simulated API server at");
        foreach (var name in new[] { "stays", "changes", "goes" })
        {
            await KubectlAsync(kubectl, kubeconfig, "run", name, "--image=nginx");
        }

        await KubectlAsync(kubectl, kubeconfig, "wait", "pod/stays", "pod/changes", "pod/goes", "--for=condition=Ready", "--timeout=60s");
        await using var first = VigiaProcess.Start("serve", "--kubeconfig", kubeconfig, "--listen", "http://127.0.0.1:0");
        var line = await first.LineAsync("serving");
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
        await page.GotoAsync(url + "/healthz");
        await page.EvaluateAsync(what == "EventSource" ? EventSourcePage : WebSocketPage);
        await SettledAsync(page, story => story.Contains("synced"));
        var before = (await StoryAsync(page)).Length;
        Assert.Equal(1, await page.EvaluateAsync<int>("window.opened"));

        // Nobody is there to tell anything; meanwhile things change.
        await first.SignalAsync("KILL");
        await KubectlAsync(kubectl, kubeconfig, "run", "comes", "--image=nginx");
        await KubectlAsync(kubectl, kubeconfig, "label", "pod", "changes", "seen=no");
        await KubectlAsync(kubectl, kubeconfig, "delete", "pod", "goes", "--wait=false", "--grace-period=0", "--force");
        await using var second = VigiaProcess.Start("serve", "--kubeconfig", kubeconfig, "--listen", url);
        await second.LineAsync("serving");

        await SettledAsync(page, story => story.Contains("deleted goes"));
        await KubectlAsync(kubectl, kubeconfig, "run", "later", "--image=nginx");
        await SettledAsync(page, story => story.Contains("added later"));
        var missed = (await StoryAsync(page))[before..];
        output.WriteLine(string.Join(", ", missed));
        Assert.True(await page.EvaluateAsync<int>("window.opened") >= 2);

        // The simulated kubelet tells of the pods that run or end as it likes; all else is exactly this, in this order.
        string[] kubelet = ["updated comes", "updated goes", "updated later"];
        Assert.Equal(["added comes", "updated changes", "deleted goes", "added later"], missed.Except(kubelet));
        Assert.Equal(4, missed.Count(told => !kubelet.Contains(told)));
        if (what == "WebSocket")
        {
            // Killed, so that no close frame came.
            Assert.Equal(1006, await page.EvaluateAsync<int>("window.codes[0]"));
        }
    }

    private static async Task SettledAsync(IPage page, Func<string[], bool> condition)
    {
        string[] story = [];
        try
        {
            await Eventually.TrueAsync(
                async () => condition(story = await StoryAsync(page)),
                "what the page saw",
                TimeSpan.FromSeconds(60)
            );
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException(
                $"{timeout.Message}: {string.Join(", ", story)}; opened {await page.EvaluateAsync<int>("window.opened")} times, closed "
                    + $"with {await page.EvaluateAsync<string>("String(window.codes)")}",
                timeout
            );
        }
    }

    private static async Task<string[]> StoryAsync(IPage page) =>
        JsonSerializer.Deserialize<string[]>(await page.EvaluateAsync<string>("JSON.stringify(window.story)"))!;

    private static async Task KubectlAsync(string kubectl, string kubeconfig, params string[] arguments)
    {
        var (code, _, error) = await Tools.RunAsync(kubectl, ["--kubeconfig", kubeconfig, .. arguments]);
        Assert.True(code == 0, error);
    }
}
