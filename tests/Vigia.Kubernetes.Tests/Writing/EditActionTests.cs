using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Tests.Exec;
using Vigia.Kubernetes.Workloads;
using Vigia.Kubernetes.Workloads.Actions;
using Vigia.Simulator;

namespace Vigia.Kubernetes.Tests.Writing;

/// <summary>
/// Edits by server-side apply: the same on the simulator and, where <c>VIGIA_REAL_KUBECONFIG</c> names one, on a real
/// API server.
/// </summary>
public sealed class EditActionTests
{
    private const string Ns = "vigia-edit";
    private static readonly GroupVersionResource Deployments = new("apps", "v1", "deployments");
    private static readonly ActionTarget Web = new(Deployments, new(Ns, "web"));

    private const string Deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web","team":"a"}},
         "spec":{"replicas":0,"minReadySeconds":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
         "spec":{
           "containers":[{"name":"main","image":"nginx:1","args":["-a","-b"],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]},
           {"name":"side","image":"busybox:1"}]}}}}
        """;

    private static CancellationToken Token => PodFixture.Token;

    [Fact]
    public async Task Edits_on_the_simulator()
    {
        await using var simulator = await VigiaSimulator.StartAsync(null, Token);
        await simulator.Objects.CreateAsync($"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {Ns}}}\n", Token);
        await SessionAsync(simulator.Client);
    }

    [Fact]
    public async Task Edits_on_a_real_server()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig), "VIGIA_REAL_KUBECONFIG names no kubeconfig");
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig, "admin"));
        try
        {
            await client.SendBytesAsync(
                HttpMethod.Post,
                "/api/v1/namespaces",
                Encoding.UTF8.GetBytes($$$"""{"metadata":{"name":"{{{Ns}}}"}}"""),
                ct: Token
            );
        }
        catch (KubernetesApiException there) when (there.Reason == "AlreadyExists")
        {
            // Left by a run before: a namespace alone cannot be taken away at once.
        }

        await SessionAsync(client);
    }

    [Fact]
    public async Task Another_object_is_refused_before_anything_is_sent()
    {
        await using var simulator = await VigiaSimulator.StartAsync(null, Token);
        var live = JsonDocument.Parse(Deployment).RootElement;
        var refused = Assert.Throws<ArgumentException>(() =>
            new EditAction(
                Web,
                live,
                JsonDocument.Parse(Deployment.Replace("\"web\",\"labels\"", "\"web2\",\"labels\"", StringComparison.Ordinal)).RootElement
            )
        );
        Assert.StartsWith("metadata.name is 'web' and cannot be changed to 'web2'", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new EditAction(Web, live, JsonDocument.Parse("[1]").RootElement));
        Assert.True(new EditAction(Web, live, EditAction.Editable(live)).IsEmpty);
    }

    private static async Task SessionAsync(KubernetesClient client)
    {
        await client.SendBytesAsync(
            HttpMethod.Post,
            Deployments.Path(Ns) + "?fieldManager=helm",
            Encoding.UTF8.GetBytes(Deployment),
            ct: Token
        );
        try
        {
            // 1. What others manage is told, and stays until it is forced.
            var live = await LiveAsync(client);
            var replicas = Edit(live, obj => obj["spec"]!["minReadySeconds"] = 5);
            var conflict = await Assert.ThrowsAsync<ApplyConflictException>(() =>
                new EditAction(Web, live, replicas).RunAsync(client, ct: Token)
            );
            Assert.Equal([new ApplyConflict(".spec.minReadySeconds", "helm")], conflict.Conflicts);
            Assert.Equal(3, (await LiveAsync(client)).GetProperty("spec").GetProperty("minReadySeconds").GetInt32());
            await new EditAction(Web, live, replicas) { Force = true }.RunAsync(client, ct: Token);
            live = await LiveAsync(client);
            Assert.Equal(5, live.GetProperty("spec").GetProperty("minReadySeconds").GetInt32());

            // 2. Only what was touched is managed: the image is still helm's alone, and so can be changed by helm
            // without a conflict.
            var owners = new FieldOwners(live);
            Assert.Equal(["f:minReadySeconds"], owners.Applied.At("f:spec")!.Children.Keys);
            Assert.Null(owners.Applied.At("f:metadata"));

            // 3. What nobody had is new, without a question, in a map, in a list by its keys, and in one of the items.
            var added = Edit(
                live,
                obj =>
                {
                    obj["metadata"]!["labels"]!["owner"] = "me";
                    var main = obj["spec"]!["template"]!["spec"]!["containers"]![0]!;
                    main["env"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = "C", ["value"] = "3" });
                    main["workingDir"] = "/tmp";
                }
            );
            await new EditAction(Web, live, added).RunAsync(client, ct: Token);
            live = await LiveAsync(client);
            Assert.Equal("me", live.GetProperty("metadata").GetProperty("labels").GetProperty("owner").GetString());
            var first = live.GetProperty("spec").GetProperty("template").GetProperty("spec").GetProperty("containers")[0];
            Assert.Equal(["A", "B", "C"], first.GetProperty("env").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
            Assert.Equal("/tmp", first.GetProperty("workingDir").GetString());
            Assert.Equal(5, live.GetProperty("spec").GetProperty("minReadySeconds").GetInt32());

            // 4. What this manager alone has goes when it is taken out.
            var without = Edit(live, obj => obj["metadata"]!["labels"]!.AsObject().Remove("owner"));
            await new EditAction(Web, live, without).RunAsync(client, ct: Token);
            live = await LiveAsync(client);
            Assert.False(live.GetProperty("metadata").GetProperty("labels").TryGetProperty("owner", out _));
            Assert.Equal(5, live.GetProperty("spec").GetProperty("minReadySeconds").GetInt32());

            // 5. What others manage is taken out by force only: a label, an item of a list by its keys; an atomic list
            // is one thing.
            var fewer = Edit(
                live,
                obj =>
                {
                    obj["metadata"]!["labels"]!.AsObject().Remove("team");
                    var containers = obj["spec"]!["template"]!["spec"]!["containers"]!.AsArray();
                    containers[0]!["env"]!.AsArray().RemoveAt(0);
                    containers[0]!["args"]!.AsArray().RemoveAt(0);
                    containers.RemoveAt(1);
                }
            );
            conflict = await Assert.ThrowsAsync<ApplyConflictException>(() => new EditAction(Web, live, fewer).RunAsync(client, ct: Token));
            Assert.Equal(
                [
                    ".metadata.labels.team",
                    ".spec.template.spec.containers[name=\"main\"].args",
                    ".spec.template.spec.containers[name=\"main\"].env[name=\"A\"]",
                    ".spec.template.spec.containers[name=\"side\"]",
                ],
                conflict.Conflicts.Select(one => one.Field).Order(StringComparer.Ordinal)
            );
            Assert.All(conflict.Conflicts, one => Assert.Equal("helm", one.Manager));
            Assert.True((await LiveAsync(client)).GetProperty("metadata").GetProperty("labels").TryGetProperty("team", out _));
            await new EditAction(Web, live, fewer) { Force = true }.RunAsync(client, ct: Token);
            live = await LiveAsync(client);
            Assert.False(live.GetProperty("metadata").GetProperty("labels").TryGetProperty("team", out _));
            first = Assert.Single(
                live.GetProperty("spec").GetProperty("template").GetProperty("spec").GetProperty("containers").EnumerateArray()
            );
            Assert.Equal(["B", "C"], first.GetProperty("env").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
            Assert.Equal("-b", Assert.Single(first.GetProperty("args").EnumerateArray()).GetString());

            // 6. What this program scaled is its own, whatever way it took.
            await new ScaleAction(Web, 0).RunAsync(client, ct: Token);
            live = await LiveAsync(client);
            var scaled = Edit(live, obj => obj["spec"]!["minReadySeconds"] = 6);
            await new EditAction(Web, live, scaled).RunAsync(client, ct: Token);

            // 7. An invalid object is refused with the server's sentence; nothing is changed.
            live = await LiveAsync(client);
            var invalid = await Assert.ThrowsAsync<KubernetesApiException>(() =>
                new EditAction(Web, live, Edit(live, obj => obj["spec"]!["replicas"] = -1)) { Force = true }.RunAsync(client, ct: Token)
            );
            Assert.Equal(422, invalid.Code);
            Assert.Contains("spec.replicas", invalid.Message, StringComparison.Ordinal);
        }
        finally
        {
            await new DeleteAction(Web) { GracePeriodSeconds = 0 }.RunAsync(client, ct: Token);
        }

        // 8. A deleted object is not recreated.
        await Vigia.Testing.Eventually.TrueAsync(() => IsGoneAsync(client), "the deployment is gone");
        var old = JsonDocument
            .Parse(
                Deployment.Replace(
                    "\"name\":\"web\",",
                    "\"name\":\"web\",\"namespace\":\"" + Ns + "\",\"uid\":\"11111111-1111-1111-1111-111111111111\",",
                    StringComparison.Ordinal
                )
            )
            .RootElement;
        var gone = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            new EditAction(Web, old, Edit(old, obj => obj["spec"]!["minReadySeconds"] = 9)).RunAsync(client, ct: Token)
        );
        Assert.True(gone.IsConflict || gone.IsNotFound, gone.Message);
        Assert.True(await IsGoneAsync(client));
    }

    private static async Task<bool> IsGoneAsync(KubernetesClient client)
    {
        try
        {
            await client.GetBytesAsync(Web.Path(), ct: Token);
            return false;
        }
        catch (KubernetesApiException gone) when (gone.IsNotFound)
        {
            return true;
        }
    }

    private static async Task<JsonElement> LiveAsync(KubernetesClient client) =>
        JsonDocument.Parse(await client.GetBytesAsync(Web.Path(), ct: Token)).RootElement;

    private static JsonElement Edit(JsonElement live, Action<JsonObject> edit)
    {
        var obj = JsonNode.Parse(EditAction.Editable(live).GetRawText())!.AsObject();
        edit(obj);
        return JsonDocument.Parse(obj.ToJsonString()).RootElement;
    }
}
