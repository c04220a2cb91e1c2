using System.Diagnostics;

namespace Vigia.Simulator.Tests;

/// <summary>
/// Drives the simulator with the real kubectl. Skipped, with the reason, only where there is none and no CI.
/// </summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vigia-kubectl-").FullName;
    private VigiaSimulator _simulator = null!;

    public async ValueTask InitializeAsync()
    {
        if (!Installed() && Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip("kubectl is not on the PATH");
        }

        // TLS, because kubectl sends no credentials over plain http.
        _simulator = await VigiaSimulator.StartAsync(new SimulatorOptions { Tls = true }, Fixture.Token);
        await _simulator.WriteKubeconfigAsync(Path.Combine(_directory, "config"), "admin", Fixture.Token);
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "web.yaml"),
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, labels: {app: web}}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  containers:
                  - {name: web, image: "nginx:1.25", ports: [{containerPort: 80}]}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings}
            data: {colour: blue}
            """,
            Fixture.Token
        );
    }

    [Fact]
    public async Task Apply_creates_then_leaves_unchanged_and_all_three_patches_work()
    {
        Assert.Equal("deployment.apps/web created\nconfigmap/settings created\n", await KubectlAsync("apply", "-f", "web.yaml"));
        Assert.Equal("deployment.apps/web unchanged\nconfigmap/settings unchanged\n", await KubectlAsync("apply", "-f", "web.yaml"));
        Assert.Contains(
            "serverside-applied",
            await KubectlAsync("apply", "--server-side", "--force-conflicts", "-f", "web.yaml"),
            StringComparison.Ordinal
        );

        Assert.Contains(
            "patched",
            await KubectlAsync(
                "patch",
                "deployment",
                "web",
                "-p",
                """{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.26"}]}}}}"""
            ),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "patched",
            await KubectlAsync("patch", "deployment", "web", "--type", "merge", "-p", """{"metadata":{"annotations":{"a":"b"}}}"""),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "patched",
            await KubectlAsync(
                "patch",
                "deployment",
                "web",
                "--type",
                "json",
                "-p",
                """[{"op":"replace","path":"/spec/revisionHistoryLimit","value":3}]"""
            ),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "nginx:1.26 b 3",
            await KubectlAsync(
                "get",
                "deployment",
                "web",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image} {.metadata.annotations.a} {.spec.revisionHistoryLimit}"
            )
        );

        Assert.Contains("labeled", await KubectlAsync("label", "deployment", "web", "tier=front"), StringComparison.Ordinal);
        Assert.Contains("scaled", await KubectlAsync("scale", "deployment", "web", "--replicas", "5"), StringComparison.Ordinal);
        Assert.Equal("5", await KubectlAsync("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"));
        Assert.Contains("Replicas:               5 desired", await KubectlAsync("describe", "deployment", "web"), StringComparison.Ordinal);
        Assert.Contains("configmap \"settings\" deleted", await KubectlAsync("delete", "-f", "web.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_shows_tables_yaml_json_and_what_selectors_select()
    {
        Assert.Contains("created", await KubectlAsync("create", "namespace", "team"), StringComparison.Ordinal);
        await KubectlAsync("run", "one", "--image=busybox:1", "--labels=app=x");
        await KubectlAsync("run", "two", "--image=busybox:1", "-n", "team");

        var table = await KubectlAsync("get", "pods");
        Assert.StartsWith("NAME", table, StringComparison.Ordinal);
        Assert.Contains("one", table, StringComparison.Ordinal);
        Assert.DoesNotContain("two", table, StringComparison.Ordinal);
        Assert.Matches(@"default +one[^\n]*\nteam +two", await KubectlAsync("get", "pods", "-A"));
        Assert.Contains("kind: Pod", await KubectlAsync("get", "pod", "one", "-o", "yaml"), StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"List\"", await KubectlAsync("get", "pods", "-o", "json"), StringComparison.Ordinal);
        Assert.Equal("pod/one\n", await KubectlAsync("get", "pods", "-A", "-l", "app in (x,y)", "-o", "name"));
        Assert.Equal(
            "pod/two\n",
            await KubectlAsync("get", "pods", "-A", "--field-selector", "metadata.name=two,status.phase=Pending", "-o", "name")
        );
        Assert.Contains("Image:        busybox:1", await KubectlAsync("describe", "pod", "one"), StringComparison.Ordinal);
        Assert.Contains("deleted", await KubectlAsync("delete", "pod", "one"), StringComparison.Ordinal);
        Assert.Contains("deleted", await KubectlAsync("delete", "namespace", "team"), StringComparison.Ordinal);
        Assert.Equal("", await KubectlAsync("get", "pods", "-A", "-o", "name"));
    }

    [Fact]
    public async Task Create_takes_every_kind_that_kubectl_makes()
    {
        Assert.Equal("deployment.apps/d created\n", await KubectlAsync("create", "deployment", "d", "--image=nginx:1", "--replicas=0"));
        Assert.Equal("0", await KubectlAsync("get", "deployment", "d", "-o", "jsonpath={.spec.replicas}"));
        Assert.Contains(
            "autoscaled",
            await KubectlAsync("autoscale", "deployment", "d", "--max=3", "--cpu-percent=70"),
            StringComparison.Ordinal
        );
        Assert.Equal("3", await KubectlAsync("get", "hpa", "d", "-o", "jsonpath={.spec.maxReplicas}"));
        Assert.Equal("job.batch/j created\n", await KubectlAsync("create", "job", "j", "--image=busybox:1"));
        Assert.Equal("secret/s created\n", await KubectlAsync("create", "secret", "generic", "s", "--from-literal=k=v"));
        Assert.Equal("dg==", await KubectlAsync("get", "secret", "s", "-o", "jsonpath={.data.k}"));
        Assert.Equal("service/svc created\n", await KubectlAsync("create", "service", "clusterip", "svc", "--tcp=80:8080"));
        Assert.Equal(
            "80 8080 TCP",
            await KubectlAsync(
                "get",
                "service",
                "svc",
                "-o",
                "jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.ports[0].protocol}"
            )
        );
        Assert.Equal(
            "cronjob.batch/cj created\n",
            await KubectlAsync("create", "cronjob", "cj", "--image=busybox:1", "--schedule=* * * * *")
        );
        Assert.Equal("configmap/cm created\n", await KubectlAsync("create", "configmap", "cm", "--from-literal=a=b"));
        Assert.Equal("serviceaccount/sa created\n", await KubectlAsync("create", "serviceaccount", "sa"));
    }

    [Fact]
    public async Task Watch_follows_and_discovery_and_rights_are_told()
    {
        using var watch = Start("get", "configmaps", "-w", "-o", "name");
        await KubectlAsync("create", "configmap", "seen", "--from-literal=a=b");
        Assert.Equal(
            "configmap/seen",
            await watch
                .StandardOutput.ReadLineAsync(Fixture.Token)
                .AsTask()
                .WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Fixture.Token)
        );
        watch.Kill();

        var resources = await KubectlAsync("api-resources");
        Assert.Matches(@"(?m)^deployments +deploy +apps/v1 +true +Deployment$", resources);
        Assert.Matches(@"(?m)^daskclusters +dsk +kubernetes.dask.org/v1 +true +DaskCluster$", resources);

        Assert.Equal("yes\n", await KubectlAsync("auth", "can-i", "create", "deployments"));
        Assert.Equal("yes\n", await KubectlAsync("--context", "limited", "auth", "can-i", "list", "pods"));
        var (code, text) = await RunAsync("--context", "limited", "get", "secrets");
        Assert.Equal(1, code);
        Assert.Contains("secrets is forbidden: User \"limited\" cannot list resource \"secrets\"", text, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    internal static bool Installed() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, "kubectl")));

    private async Task<string> KubectlAsync(params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);
        Assert.True(code == 0, $"kubectl {string.Join(' ', arguments)} exited {code}: {text}");
        return text;
    }

    private async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(Fixture.Token);
        var errors = process.StandardError.ReadToEndAsync(Fixture.Token);
        await process.WaitForExitAsync(Fixture.Token);
        return (process.ExitCode, process.ExitCode == 0 ? await output : await output + await errors);
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            WorkingDirectory = _directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = Path.Combine(_directory, "config");
        start.Environment["HOME"] = _directory;
        return Process.Start(start)!;
    }
}
