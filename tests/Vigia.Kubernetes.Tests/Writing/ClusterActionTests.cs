using System.Text;
using Vigia.Kubernetes.Tests.Exec;
using Vigia.Kubernetes.Workloads;
using Vigia.Simulator;

namespace Vigia.Kubernetes.Tests.Writing;

public sealed class ClusterActionTests : IAsyncLifetime
{
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");
    private static readonly GroupVersionResource Nodes = new("", "v1", "nodes");
    private static readonly GroupVersionResource PodsResource = new("", "v1", "pods");
    private static readonly ActionTarget Web = new(Deployments, new("default", "web"), "prod");
    private static readonly ActionTarget Node = new(Nodes, new("", "node-1"));

    private VigiaSimulator _simulator = null!;

    private static CancellationToken Token => PodFixture.Token;

    public async ValueTask InitializeAsync()
    {
        _simulator = await VigiaSimulator.StartAsync(null, Token);
        await _simulator.Objects.CreateAsync(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "nginx:1"}]}}
            ---
            apiVersion: v1
            kind: Node
            metadata: {name: node-1}
            """,
            Token
        );
    }

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    [Fact]
    public async Task Scale_restart_cordon_and_delete_do_what_they_say()
    {
        await new ScaleAction(Web, 5).RunAsync(_simulator.Client, ct: Token);
        Assert.Equal(5, (int)_simulator.Objects.Get("deployments", "web")!["spec"]!["replicas"]!);

        await new RestartAction(Web).RunAsync(_simulator.Client, ct: Token);
        Assert.NotNull(
            _simulator.Objects.Get("deployments", "web")!["spec"]!["template"]!["metadata"]!["annotations"]![
                "kubectl.kubernetes.io/restartedAt"
            ]
        );

        await new CordonAction(Node, close: true).RunAsync(_simulator.Client, ct: Token);
        Assert.True((bool)_simulator.Objects.Get("nodes", "node-1")!["spec"]!["unschedulable"]!);
        await new CordonAction(Node, close: false).RunAsync(_simulator.Client, ct: Token);
        Assert.Null(_simulator.Objects.Get("nodes", "node-1")!["spec"]?["unschedulable"]);

        var other = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            new DeleteAction(Web) { Uid = "another" }.RunAsync(_simulator.Client, ct: Token)
        );
        Assert.True(other.IsConflict);
        await new DeleteAction(Web) { Propagation = Propagation.Foreground }.RunAsync(_simulator.Client, ct: Token);
        await _simulator.Objects.WaitForGoneAsync("deployments", "web", cancellationToken: Token);
    }

    [Fact]
    public async Task A_paused_deployment_is_not_restarted_and_the_way_out_is_told()
    {
        await _simulator.Objects.PatchAsync("deployments", "web", """{"spec":{"paused":true}}""", cancellationToken: Token);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new RestartAction(Web).RunAsync(_simulator.Client, ct: Token)
        );

        Assert.EndsWith(
            "(kubectl --context=prod rollout resume deployments.apps/web -n default)",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Every_action_is_told_as_kubectl_would_do_it()
    {
        var pod = new ActionTarget(PodsResource, new("team a", "web-0"), "it's mine");
        Assert.Equal(
            "kubectl '--context=it'\\''s mine' delete pods/web-0 -n 'team a' --grace-period=0 --force",
            new DeleteAction(pod) { GracePeriodSeconds = 0 }.Kubectl
        );
        Assert.Equal(
            "kubectl --context=prod delete deployments.apps/web -n default --cascade=orphan",
            new DeleteAction(Web) { Propagation = Propagation.Orphan }.Kubectl
        );
        Assert.Equal("kubectl --context=prod scale deployments.apps/web -n default --replicas=3", new ScaleAction(Web, 3).Kubectl);
        Assert.Equal("kubectl --context=prod rollout restart deployments.apps/web -n default", new RestartAction(Web).Kubectl);
        Assert.Equal("kubectl cordon node-1", new CordonAction(Node, true).Kubectl);
        Assert.Equal(
            "kubectl drain node-1 --ignore-daemonsets --force --timeout=60s",
            new DrainAction(Node, new() { Force = true, Timeout = TimeSpan.FromMinutes(1) }).Kubectl
        );
        Assert.Equal(
            "kubectl --context=prod apply -n default --server-side --field-manager=vigia -f web.yaml",
            new ApplyAction(Web, default).Kubectl
        );
        Assert.Equal([new NeededRight("patch", "deployments/scale.apps")], new ScaleAction(Web, 1).Rights);
    }

    [Fact]
    public async Task Apply_names_the_manager_and_field_of_every_conflict_and_takes_over_only_when_told()
    {
        var manifest = Encoding.UTF8.GetBytes("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 7}\n");

        var conflict = await Assert.ThrowsAsync<ApplyConflictException>(() =>
            new ApplyAction(Web, manifest).RunAsync(_simulator.Client, ct: Token)
        );
        Assert.Equal([new ApplyConflict(".spec.replicas", "test")], conflict.Conflicts);
        Assert.Equal(
            "deployments.apps/web in default is not applied: test manages .spec.replicas. Remove those fields, or take them over with "
                + "force",
            conflict.Message
        );

        Assert.Contains(
            "nothing was changed",
            await new ApplyAction(Web, manifest) { Force = true, DryRun = true }.RunAsync(_simulator.Client, ct: Token),
            StringComparison.Ordinal
        );
        Assert.Equal(2, (int)_simulator.Objects.Get("deployments", "web")!["spec"]!["replicas"]!);
        await new ApplyAction(Web, manifest) { Force = true }.RunAsync(_simulator.Client, ct: Token);
        Assert.Equal(7, (int)_simulator.Objects.Get("deployments", "web")!["spec"]!["replicas"]!);
    }

    [Fact]
    public async Task A_drain_waits_for_the_budget_leaves_daemons_and_tells_each_step()
    {
        foreach (var name in new[] { "a", "b" })
        {
            await PodAsync(name, "ReplicaSet");
        }

        await PodAsync("daemon", "DaemonSet", app: "other");
        await PodAsync("mirror", null, "{kubernetes.io/config.mirror: x}", app: "other");
        await _simulator.Objects.CreateAsync(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: keep-one}
            spec: {minAvailable: 1, selector: {matchLabels: {app: x}}}
            """,
            Token
        );
        var steps = new Steps();

        var draining = new DrainAction(
            Node,
            new() { RetryAfter = TimeSpan.FromMilliseconds(20), Poll = TimeSpan.FromMilliseconds(10) }
        ).RunAsync(_simulator.Client, steps, Token);
        await steps.WaitAsync("is waiting: The disruption budget keep-one needs 1 healthy pods and has 1 currently");
        Assert.False(draining.IsCompleted);
        Assert.Equal(3, _simulator.Objects.List("pods").Count);

        await _simulator.Objects.DeleteAsync("pdb", "keep-one", Token);
        Assert.Equal("node node-1 is drained: 2 pods evicted, 2 left", await draining);
        Assert.Equal(["daemon", "mirror"], _simulator.Objects.List("pods").Select(pod => (string)pod["metadata"]!["name"]!));
        Assert.True((bool)_simulator.Objects.Get("nodes", "node-1")!["spec"]!["unschedulable"]!);
    }

    [Fact]
    public async Task A_drain_does_not_begin_while_pods_stand_in_the_way_and_ends_when_its_time_is_over()
    {
        await PodAsync("alone", null);
        await PodAsync("data", "ReplicaSet", volumes: "[{name: v, emptyDir: {}}]");

        var blocked = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new DrainAction(Node).RunAsync(_simulator.Client, ct: Token)
        );
        Assert.Contains("default/alone: no controller would recreate it (allow with force)", blocked.Message, StringComparison.Ordinal);
        Assert.Contains("default/data: its emptyDir data would be lost", blocked.Message, StringComparison.Ordinal);
        Assert.Equal(2, _simulator.Objects.List("pods").Count);

        await _simulator.Objects.CreateAsync(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all}\nspec: {maxUnavailable: 0, selector: {matchLabels: "
                + "{app: x}}}",
            Token
        );
        var late = await Assert.ThrowsAsync<TimeoutException>(() =>
            new DrainAction(
                Node,
                new()
                {
                    Force = true,
                    DeleteEmptyDirData = true,
                    Timeout = TimeSpan.FromMilliseconds(300),
                }
            ).RunAsync(_simulator.Client, ct: Token)
        );
        Assert.EndsWith("left: default/alone, default/data", late.Message, StringComparison.Ordinal);
    }

    private async Task PodAsync(string name, string? owner, string annotations = "{}", string volumes = "[]", string app = "x")
    {
        var owners = owner is null
            ? "[]"
            : $$"""[{apiVersion: apps/v1, kind: {{owner}}, name: o, uid: {{Guid.NewGuid()}}, controller: true}]""";
        await _simulator.Objects.CreateAsync(
            $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}, labels: {app: {{app}} }, annotations: {{annotations}}, ownerReferences: {{owners}} }
            spec: {nodeName: node-1, containers: [{name: main, image: "a:1"}], volumes: {{volumes}} }
            """,
            Token
        );
        await _simulator.Objects.PatchAsync(
            "pods",
            name,
            """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""",
            "status",
            Token
        );
    }

    private sealed class Steps : IProgress<string>
    {
        private readonly List<string> _told = [];

        public void Report(string value)
        {
            lock (_told)
            {
                _told.Add(value);
            }
        }

        public Task WaitAsync(string part) =>
            Vigia.Testing.Eventually.TrueAsync(
                () =>
                {
                    lock (_told)
                    {
                        return _told.Exists(step => step.Contains(part, StringComparison.Ordinal));
                    }
                },
                part,
                cancellationToken: Token
            );
    }
}
