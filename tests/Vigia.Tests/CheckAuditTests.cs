using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Tests;

/// <summary><c>vigia check --audit</c> as a process.</summary>
public sealed class CheckAuditTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tests");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Audits_under_churn_find_nothing_and_a_watch_that_stands_still_is_found()
    {
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await using var simulate = VigiaProcess.Start("simulate", "--pods", "60", "--rate", "60", "--kubeconfig-out", kubeconfig);
        await simulate.LineAsync("simulated API server at");

        // Each is stopped when it has shown what is waited for: how long that takes is the machine's affair.
        await using (var right = VigiaProcess.Start("check", "--audit", "--audit-for", "3600", "--kubeconfig", kubeconfig))
        {
            await right.LineAsync("AUDIT 3", Patience);
            await right.SignalAsync("INT");
            var output = string.Join('\n', right.Output);
            Assert.Equal(0, right.ExitCode);
            Assert.Matches(@"pods +[1-9]\d* +\d+ +0 +[\d.]+ m?s", output);
            Assert.Matches(@"\d+ audits, 0 differences, 0 behind, 0 inconclusive; [1-9]\d* events", output);
        }

        // Watches of pods are served by a replica that stands still; what it lacks is not told from lost.
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig, null));
        var list = await client.GetBytesAsync("/api/v1/pods?limit=1", ct: TestContext.Current.CancellationToken);
        var revision = (string)JsonNode.Parse(list)!["metadata"]!["resourceVersion"]!;
        await client.SendBytesAsync(
            HttpMethod.Post,
            "/simulator/faults",
            Encoding.UTF8.GetBytes($$"""{"kind":"stale","atRevision":{{revision}},"verb":"watch","resource":"pods"}"""),
            ct: TestContext.Current.CancellationToken
        );
        await using var wrong = VigiaProcess.Start(
            "check",
            "--audit",
            "--audit-for",
            "3600",
            "--audit-patience",
            "1",
            "--kubeconfig",
            kubeconfig
        );
        await wrong.LineAsync(" is ", Patience);
        await wrong.SignalAsync("INT");
        Assert.Equal(6, wrong.ExitCode);
        Assert.Matches(@"pods +\d+ +\d+ +[1-9]\d* +[\d.]+ m?s\n    \S+ is (missing|cached)", string.Join('\n', wrong.Output));
    }
}
