using Vigia.Simulator;

namespace Vigia.Tests;

/// <summary>deploy/: what is in the repository is what the command prints, and what kubectl takes.</summary>
public sealed class DeployTests : IDisposable
{
    private static readonly string Deploy = Path.Combine(SourceTree.Root, "deploy");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-deploy");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_rights_in_deploy_are_what_the_command_prints()
    {
        var printed = await VigiaProcess.RunAsync("rbac", "--auth", "kubernetes");
        Assert.Equal(0, printed.Code);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Deploy, "rbac.yaml"), TestContext.Current.CancellationToken), printed.Output);
    }

    [Fact]
    public async Task The_configuration_in_deploy_is_right_and_the_documented_example_too()
    {
        var check = await VigiaProcess.RunAsync("serve", "--config", Path.Combine(Deploy, "vigia.yaml"), "--check-config");
        Assert.Equal((0, ""), (check.Code, check.Error));
        Assert.Contains("the configuration is valid", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_files_and_flags_are_one_message()
    {
        var file = Path.Combine(_folder.FullName, "bad.yaml");
        await File.WriteAllTextAsync(file, "streams: {heartbeet: 1s}\n", TestContext.Current.CancellationToken);
        var run = await VigiaProcess.RunAsync(
            "serve",
            "--config",
            file,
            "--listen",
            "http://0.0.0.0:1",
            "--all-contexts",
            "--context",
            "a"
        );

        Assert.Equal(2, run.Code);
        Assert.StartsWith("vigia serve: 3 errors in the configuration", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:1: streams.heartbeet: unknown key, did you mean 'heartbeat'?", run.Error, StringComparison.Ordinal);
        Assert.Contains("--all-contexts and --context exclude each other", run.Error, StringComparison.Ordinal);
        Assert.Contains("there is no authentication", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubectl_takes_the_manifests()
    {
        var kubectl = Tools.Require("kubectl", "kubernetes-client");
        var kustomized = await Tools.RunAsync(kubectl, "kustomize", Deploy);
        Assert.Equal(0, kustomized.Code);
        foreach (
            var kind in new[] { "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "Service" }
        )
        {
            Assert.Contains($"\nkind: {kind}\n", "\n" + kustomized.Output, StringComparison.Ordinal);
        }

        // On a server: applied, there, and applied again without a change.
        await using var simulator = await VigiaSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        await simulator.WriteKubeconfigAsync(kubeconfig, cancellationToken: TestContext.Current.CancellationToken);
        var applied = await Tools.RunAsync(kubectl, "--kubeconfig", kubeconfig, "apply", "-k", Deploy);
        Assert.True(applied.Code == 0, applied.Error);
        Assert.Contains("deployment.apps/vigia created", applied.Output, StringComparison.Ordinal);
        Assert.NotNull(simulator.Objects.Get("clusterroles", "vigia"));
        var again = await Tools.RunAsync(kubectl, "--kubeconfig", kubeconfig, "apply", "-k", Deploy);
        Assert.True(again.Code == 0, again.Error);
        Assert.Contains("deployment.apps/vigia unchanged", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_follows_the_kubeconfig_while_it_runs()
    {
        await using var one = await VigiaSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        await using var two = await VigiaSimulator.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var kubeconfig = Path.Combine(_folder.FullName, "kubeconfig");
        Write("one");
        await using var serve = VigiaProcess.Start("serve", "--kubeconfig", kubeconfig, "--all-contexts", "--listen", "http://127.0.0.1:0");
        Assert.Contains($"serving one ({one.Url}) at http://127.0.0.1:", await serve.LineAsync("serving one"), StringComparison.Ordinal);

        Write("one", "two");
        await serve.LineAsync("The kubeconfig has a new context: serving two");
        Write("two");
        await serve.LineAsync("one is no longer served: the context one was removed from the kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, "contexts: [", TestContext.Current.CancellationToken);
        await serve.LineAsync("clusters are served as before");
        Assert.True(await serve.SignalAsync("INT") < TimeSpan.FromSeconds(3));
        Assert.Equal(0, serve.ExitCode);

        void Write(params string[] contexts)
        {
            var clusters = string.Join(
                '\n',
                contexts.Select(name => $"- {{name: {name}, cluster: {{server: '{(name == "one" ? one : two).Url}'}}}}")
            );
            var named = string.Join('\n', contexts.Select(name => $"- {{name: {name}, context: {{cluster: {name}}}}}"));
            File.WriteAllText(kubeconfig, $"kind: Config\nclusters:\n{clusters}\ncontexts:\n{named}\n");
        }
    }
}
