using System.Text;
using Vigia.Kubernetes;

namespace Vigia.Tests;

/// <summary><c>vigia check</c> against servers that do not answer everything.</summary>
public sealed class CheckRightsTests : IDisposable
{
    private const string Reviews = "\"verb\":\"create\",\"resource\":\"selfsubjectaccessreviews\"";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-tests");

    private string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_server_without_access_reviews_leaves_rights_unknown_and_every_resource_listed()
    {
        await using var simulate = await SimulateAsync();
        await FaultAsync($$"""{"kind":"error","code":404,{{Reviews}}}""");
        var check = await VigiaProcess.RunAsync("check", "--kubeconfig", Kubeconfig);

        Assert.Equal("", check.Error);
        Assert.Equal(1, check.Code);
        Assert.Matches(@"pods\s+v1\s+unknown: the server does not support SelfSubjectAccessReview", check.Output);
        Assert.Matches(@"deployments\S*\s+apps/v1\s+unknown: ", check.Output);
        Assert.Contains("resources were not checked", check.Output, StringComparison.Ordinal);

        // An audit reads them, and so has its verdict.
        var audit = await VigiaProcess.RunAsync("check", "--audit", "--kubeconfig", Kubeconfig);
        Assert.Equal((0, ""), (audit.Code, audit.Error));
    }

    [Fact]
    public async Task A_busy_server_is_asked_again()
    {
        await using var simulate = await SimulateAsync();
        await FaultAsync($$"""{"kind":"error","code":429,"retryAfter":1,"count":2,{{Reviews}}}""");
        var check = await VigiaProcess.RunAsync("check", "--kubeconfig", Kubeconfig);

        Assert.Equal((0, ""), (check.Code, check.Error));
        Assert.Matches(@"pods\s+v1\s+yes", check.Output);
    }

    [Fact]
    public async Task A_server_that_stays_busy_is_a_line_for_each_resource_and_no_end()
    {
        await using var simulate = await SimulateAsync();

        // More patience is asked for than a check has: it does not wait.
        await FaultAsync($$"""{"kind":"error","code":429,"retryAfter":600,{{Reviews}}}""");
        var check = await VigiaProcess.RunAsync("check", "--kubeconfig", Kubeconfig);

        Assert.Equal((1, ""), (check.Code, check.Error));
        Assert.Matches(@"pods\s+v1\s+unknown: ", check.Output);
        Assert.Matches(@"services\s+v1\s+unknown: ", check.Output);
    }

    [Fact]
    public async Task The_server_stands_with_its_path()
    {
        await File.WriteAllTextAsync(
            Kubeconfig,
            "kind: Config\ncurrent-context: dead\nclusters: [{name: c, cluster: {server: "
                + "'http://127.0.0.1:1/k8s/clusters/c-abc'}}]\ncontexts: [{name: dead, context: {cluster: c}}]\n",
            TestContext.Current.CancellationToken
        );
        var check = await VigiaProcess.RunAsync("check", "--kubeconfig", Kubeconfig);

        Assert.Contains("server      http://127.0.0.1:1/k8s/clusters/c-abc\n", check.Output, StringComparison.Ordinal);
    }

    private async Task<VigiaProcess> SimulateAsync()
    {
        var simulate = VigiaProcess.Start("simulate", "--pods", "5", "--rate", "0", "--kubeconfig-out", Kubeconfig);
        await simulate.LineAsync("simulated API server at");
        return simulate;
    }

    private async Task FaultAsync(string fault)
    {
        await using var client = new KubernetesClient(KubeconfigLoader.Load(Kubeconfig, null));
        await client.SendBytesAsync(
            HttpMethod.Post,
            "/simulator/faults",
            Encoding.UTF8.GetBytes(fault),
            ct: TestContext.Current.CancellationToken
        );
    }
}
