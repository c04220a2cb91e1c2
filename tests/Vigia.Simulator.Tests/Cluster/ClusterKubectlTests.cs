using System.Diagnostics;

namespace Vigia.Simulator.Tests.Cluster;

/// <summary>
/// Drives a living cluster with the real kubectl. Skipped, with the reason, only where there is none and no CI.
/// </summary>
public sealed class ClusterKubectlTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vigia-kubectl-").FullName;
    private VigiaSimulator? _simulator;
    private SimulatedCluster? _cluster;

    public async ValueTask InitializeAsync()
    {
        if (
            !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(d => File.Exists(Path.Combine(d, "kubectl")))
            && Environment.GetEnvironmentVariable("CI") is null
        )
        {
            Assert.Skip("kubectl is not on the PATH");
        }

        _simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true }, Fixture.Token);
        _cluster = new SimulatedCluster(
            _simulator.Store,
            new SimulatedClusterOptions
            {
                Pods = 60,
                Nodes = 4,
                Rate = 0,
            }
        );
        _cluster.Seed();
        _cluster.Start();
        await _simulator.WriteKubeconfigAsync(Path.Combine(_directory, "config"), "admin", Fixture.Token);
    }

    [Fact]
    public async Task Rollout_status_completes_and_scale_and_undo_are_followed()
    {
        await KubectlAsync("create", "deployment", "web", "--image=nginx:1.25", "--replicas=3");
        Assert.Contains(
            "successfully rolled out",
            await KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal
        );
        await KubectlAsync("scale", "deployment", "web", "--replicas=5");
        Assert.Contains(
            "successfully rolled out",
            await KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            5,
            (await KubectlAsync("get", "pods", "-l", "app=web", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length
        );

        await KubectlAsync("set", "image", "deployment/web", "*=nginx:1.26");
        Assert.Contains(
            "successfully rolled out",
            await KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal
        );
        await KubectlAsync("rollout", "undo", "deployment/web");
        Assert.Contains(
            "successfully rolled out",
            await KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "nginx:1.25",
            await KubectlAsync("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
        );
        Assert.Contains("ScalingReplicaSet", await KubectlAsync("describe", "deployment", "web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_waits_for_the_kubelet_and_a_job_is_waited_for()
    {
        await KubectlAsync("run", "one", "--image=nginx:1.25");
        await KubectlAsync("wait", "--for=condition=Ready", "pod/one", "--timeout=30s");
        Assert.Contains("Started", await KubectlAsync("describe", "pod", "one"), StringComparison.Ordinal);
        Assert.Contains("deleted", await KubectlAsync("delete", "pod", "one", "--timeout=30s"), StringComparison.Ordinal);
        await KubectlAsync("create", "job", "task", "--image=busybox:1");
        await KubectlAsync("wait", "--for=condition=Complete", "job/task", "--timeout=60s");
        Assert.Equal(
            "Completed",
            await KubectlAsync(
                "get",
                "pods",
                "-l",
                "job-name=task",
                "-o",
                "jsonpath={.items[0].status.containerStatuses[0].state.terminated.reason}"
            )
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task<string> KubectlAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = Path.Combine(_directory, "config");
        start.Environment["HOME"] = _directory;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Fixture.Token);
        var errors = process.StandardError.ReadToEndAsync(Fixture.Token);
        await process.WaitForExitAsync(Fixture.Token);
        Assert.True(
            process.ExitCode == 0,
            $"kubectl {string.Join(' ', arguments)} exited {process.ExitCode}: {await output}{await errors}"
        );
        return await output;
    }
}
