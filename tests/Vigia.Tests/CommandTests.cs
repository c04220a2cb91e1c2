using System.Net.Sockets;
using System.Text.Json.Nodes;
using Vigia.Testing;

namespace Vigia.Tests;

/// <summary>The command as a process: what people type, what they see, how it ends.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tests");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Demo_serves_a_living_cluster_and_ctrl_c_ends_it_within_two_seconds()
    {
        await using var demo = VigiaProcess.Start("demo", "--pods", "50", "--listen", "http://127.0.0.1:0");
        var url = (await demo.LineAsync("simulated cluster:")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        await Eventually.TrueAsync(async () => (await http.GetAsync(new Uri("readyz", UriKind.Relative))).IsSuccessStatusCode, "ready");
        var pods = JsonNode.Parse(await http.GetStringAsync(new Uri("api/v1/pods?limit=5", UriKind.Relative)))!;
        Assert.True((int)pods["total"]! > 10);
        using var stream = new StreamReader(await http.GetStreamAsync(new Uri("api/v1/pods/stream", UriKind.Relative)));
        Assert.Equal(": vigia", await stream.ReadLineAsync(TestContext.Current.CancellationToken));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await stream.ReadLineAsync(patience.Token) is { } line && line != "event: updated") { }

        Assert.True(await demo.SignalAsync("INT") < TimeSpan.FromSeconds(2));
        Assert.Equal(0, demo.ExitCode);
    }

    [Fact]
    public async Task Simulate_watch_and_check_work_together()
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulate = VigiaProcess.Start("simulate", "--pods", "20", "--rate", "20", "--kubeconfig-out", kubeconfig);
        await simulate.LineAsync("simulated API server at");

        await using (var watch = VigiaProcess.Start("watch", "po", "-A", "-o", "json", "--kubeconfig", kubeconfig))
        {
            var update = JsonNode.Parse(await watch.LineAsync("\"type\":\"updated\""))!;
            Assert.Equal("pods", (string)update["resource"]!);
            Assert.NotNull(update["row"]!["status"]);
            Assert.True(await watch.SignalAsync("INT") < TimeSpan.FromSeconds(2));
            Assert.All(watch.Output, line => Assert.Equal('{', line[0]));
        }

        await using (var table = VigiaProcess.Start("watch", "pods", "-A", "--kubeconfig", kubeconfig))
        {
            Assert.Contains("READY   STATUS", await table.LineAsync("NAMESPACE"), StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', await table.LineAsync("~   "));
        }

        var check = await VigiaProcess.RunAsync("check", "--kubeconfig", kubeconfig);
        Assert.Equal(0, check.Code);
        Assert.Matches(@"pods\s+v1\s+yes", check.Output);
        var limited = await VigiaProcess.RunAsync("check", "--kubeconfig", kubeconfig, "--context", "limited");
        Assert.Equal(5, limited.Code);
        Assert.Contains("limited may not list and watch deployments.apps in all namespaces", limited.Output, StringComparison.Ordinal);
        Assert.True(await simulate.SignalAsync("TERM") < TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("serve --bogus", 2, "vigia serve: unknown option '--bogus'; see 'vigia serve --help'")]
    [InlineData("bogus", 2, "see 'vigia --help'")]
    [InlineData("demo --pods many", 2, "--pods is 'many', expected a number from 0 to 100000")]
    [InlineData("serve --listen here", 2, "--listen is 'here', expected http://HOST:PORT")]
    [InlineData(
        "serve --listen http://0.0.0.0:9999",
        2,
        "there is no authentication; choose --auth kubernetes or --auth token, listen on 127.0.0.1, or pass --insecure"
    )]
    [InlineData("watch pods --kubeconfig /nowhere/config", 3, "the kubeconfig /nowhere/config does not exist")]
    [InlineData("watch pods -l a+b", 2, "unable to parse the selector 'a+b'")]
    [InlineData("watch pods -o xml", 2, "xml")]
    [InlineData("serve --config /nowhere/catalog.yaml --kubeconfig {kubeconfig}", 2, "/nowhere/catalog.yaml: cannot be read")]
    [InlineData("check --kubeconfig {kubeconfig}", 4, "connection to http://127.0.0.1:1 refused")]
    [InlineData("check --kubeconfig {kubeconfig} --context nope", 3, "has no context \"nope\"; it has dead")]
    public async Task What_is_wrong_is_one_sentence_and_an_exit_code(string arguments, int code, string sentence)
    {
        var kubeconfig = Path.Combine(_folder.FullName, "dead");
        await File.WriteAllTextAsync(
            kubeconfig,
            "kind: Config\ncurrent-context: dead\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\ncontexts: [{name: dead, "
                + "context: {cluster: c}}]\n",
            TestContext.Current.CancellationToken
        );
        var run = await VigiaProcess.RunAsync(arguments.Replace("{kubeconfig}", kubeconfig, StringComparison.Ordinal).Split(' '));

        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.Code);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence_too()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var run = await VigiaProcess.RunAsync("demo", "--pods", "1", "--listen", $"http://{taken.LocalEndpoint}");

        Assert.Equal(1, run.Code);
        Assert.Equal(
            $"vigia demo: cannot listen on http://{taken.LocalEndpoint}: Address already in use; choose another address with --listen",
            run.Error.Trim()
        );
    }

    [Fact]
    public async Task Help_has_examples()
    {
        foreach (var command in new[] { "demo", "serve", "watch", "simulate", "check", "rbac" })
        {
            var help = await VigiaProcess.RunAsync(command, "--help");
            Assert.Equal(0, help.Code);
            Assert.Contains($"vigia {command}", help.Output, StringComparison.Ordinal);
            Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        }
    }
}
