using System.Text;
using System.Text.Json;
using Vigia.Kubernetes.Workloads;

namespace Vigia.Kubernetes.Tests.Writing;

/// <summary>
/// Actions on a real API server: run where <c>VIGIA_REAL_KUBECONFIG</c> names one. There is no kubelet behind it, so
/// logs and commands can only be refused.
/// </summary>
public sealed class RealServerActionTests
{
    private const string Ns = "simexec";
    private static readonly GroupVersionResource Namespaces = new("", "v1", "namespaces");
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");
    private static readonly GroupVersionResource Pods = new("", "v1", "pods");
    private static readonly GroupVersionResource Nodes = new("", "v1", "nodes");
    private static readonly ActionTarget Web = new(Deployments, new(Ns, "web"));
    private static readonly ActionTarget Node = new(Nodes, new("", "simexec-node"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scale_restart_apply_cordon_drain_and_delete_on_a_real_server()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), "VIGIA_REAL_KUBECONFIG names no kubeconfig");
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig, "admin"));
        await CreateAsync(client, Namespaces.Path(), $$$"""{"metadata":{"name":"{{{Ns}}}"}}""");
        await CreateAsync(client, Nodes.Path(), """{"metadata":{"name":"simexec-node"}}""");
        try
        {
            await CreateAsync(
                client,
                Deployments.Path(Ns),
                """{"metadata":{"name":"web"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":"""
                    + """{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1"}]}}}}"""
            );

            await new ScaleAction(Web, 0).RunAsync(client, ct: Token);
            await new RestartAction(Web).RunAsync(client, ct: Token);
            using (var after = await GetAsync(client, Web.Path()))
            {
                Assert.True(
                    after
                        .RootElement.GetProperty("spec")
                        .GetProperty("template")
                        .GetProperty("metadata")
                        .GetProperty("annotations")
                        .TryGetProperty("kubectl.kubernetes.io/restartedAt", out _)
                );
            }

            var manifest = Encoding.UTF8.GetBytes(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {revisionHistoryLimit: 3, progressDeadlineSeconds: "
                    + "99}\n"
            );
            await CreateAsync(
                client,
                Web.Path() + "?fieldManager=somebody",
                """{"spec":{"revisionHistoryLimit":7}}""",
                HttpMethod.Patch,
                "application/merge-patch+json"
            );
            var conflict = await Assert.ThrowsAsync<ApplyConflictException>(() =>
                new ApplyAction(Web, manifest).RunAsync(client, ct: Token)
            );
            Assert.Contains(new ApplyConflict(".spec.revisionHistoryLimit", "somebody"), conflict.Conflicts);
            await new ApplyAction(Web, manifest) { Force = true }.RunAsync(client, ct: Token);

            await CreateAsync(
                client,
                Pods.Path(Ns),
                """{"metadata":{"name":"alone"},"spec":{"nodeName":"simexec-node","terminationGracePeriodSeconds":0"""
                    + ""","automountServiceAccountToken":false,"containers":[{"name":"main","image":"nginx:1"}]}}"""
            );
            await Assert.ThrowsAsync<InvalidOperationException>(() => new DrainAction(Node).RunAsync(client, ct: Token));
            var drained = await new DrainAction(
                Node,
                new()
                {
                    Force = true,
                    GracePeriodSeconds = 0,
                    Timeout = TimeSpan.FromSeconds(20),
                }
            ).RunAsync(client, ct: Token);
            Assert.Equal("node simexec-node is drained: 1 pods evicted, 0 left", drained);
            await new CordonAction(Node, close: false).RunAsync(client, ct: Token);

            await CreateAsync(
                client,
                Pods.Path(Ns),
                """{"metadata":{"name":"homeless"},"spec":{"schedulerName":"nobody","automountServiceAccountToken":false,"containers":"""
                    + """[{"name":"main","image":"nginx:1"}]}}"""
            );
            var pod = new ObjectKey(Ns, "homeless");
            await RefusedAsync(async () => await new ExecClient(client).ExecAsync(pod, ["ls"], ct: Token));
            await RefusedAsync(async () => await new PortForwardClient(client).ConnectAsync(pod, 80, Token));
            await foreach (var entry in new LogClient(client).ReadAsync(pod, ct: Token))
            {
                Assert.Fail(entry.Text); // an empty log is what a server answers for a pod that has no node
            }

            await new DeleteAction(Web) { Propagation = Propagation.Foreground }.RunAsync(client, ct: Token);
        }
        finally
        {
            await new DeleteAction(Node).RunAsync(client, ct: Token);
            await new DeleteAction(new ActionTarget(Namespaces, new("", Ns))).RunAsync(client, ct: Token);
        }
    }

    private static async Task RefusedAsync(Func<Task> ask)
    {
        var refused = await Assert.ThrowsAsync<KubernetesApiException>(ask);
        Assert.Contains("does not have a host assigned", refused.Message, StringComparison.Ordinal);
    }

    private static async Task CreateAsync(
        KubernetesClient client,
        string path,
        string json,
        HttpMethod? method = null,
        string type = "application/json"
    )
    {
        try
        {
            await client.SendBytesAsync(method ?? HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), type, Token);
        }
        catch (KubernetesApiException there) when (there.Reason == "AlreadyExists")
        {
            // Left by a run before.
        }
    }

    private static async Task<JsonDocument> GetAsync(KubernetesClient client, string path) =>
        JsonDocument.Parse(await client.GetBytesAsync(path, ct: Token));
}
