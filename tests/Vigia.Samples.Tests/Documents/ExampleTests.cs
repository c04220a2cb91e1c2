using System.Text;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Samples.Tests.Documents;

/// <summary>
/// Runs the examples of the documents against a simulated cluster: one that compiles and does nothing would be no
/// example.
/// </summary>
public sealed class ExampleTests : IAsyncLifetime
{
    private readonly StringWriter _text = new();
    private readonly TextWriter _output;
    private readonly CancellationTokenSource _stop = new();
    private VigiaSimulator _cluster = null!;
    private SharedInformerFactory _informers = null!;

    public ExampleTests() => _output = TextWriter.Synchronized(_text);

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _text.ToString();
            }
        }
    }

    public async ValueTask InitializeAsync()
    {
        _cluster = await VigiaSimulator.StartAsync();
        await _cluster.Objects.CreateAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}""");
        await _cluster.Objects.CreateAsync(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web, namespace: shop }
            spec:
              replicas: 2
              selector: { matchLabels: { app: web } }
              template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web }] } }
            """
        );
        await _cluster.Objects.CreateAsync(
            """
            apiVersion: v1
            kind: Pod
            metadata: { name: web-1, namespace: shop, labels: { app: web } }
            spec: { nodeName: node-7, containers: [{ name: web, image: web }] }
            """
        );

        // The examples say FromKubeconfig() and Load(), as readers do; only this class reads the variable in this
        // process.
        Environment.SetEnvironmentVariable("KUBECONFIG", _cluster.KubeconfigPath);
        _informers = new SharedInformerFactory(_cluster.Client);
    }

    public async ValueTask DisposeAsync()
    {
        await _informers.DisposeAsync();
        await _cluster.DisposeAsync();
        _stop.Dispose();
        await _output.DisposeAsync();
    }

    [Fact]
    public async Task Following()
    {
        var running = InformerExamples.FollowAsync(_output, _stop.Token);
        await Eventually.TrueAsync(() => _cluster.Faults.OpenWatches == 1, "it watches");
        await _cluster.Objects.PatchAsync("pods", "shop/web-1", """{"metadata":{"labels":{"a":"b"}}}""");
        await SaysAsync("Updated web-1");
        await _cluster.Faults.GoDarkAsync();
        await SaysAsync("stale since");
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public Task The_front_page() =>
        InformerExamples.CountAsync().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    [Fact]
    public async Task Handlers()
    {
        await InformerExamples.HandleAsync(_output, _stop.Token).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal($"+ shop/web-1{Environment.NewLine}", Output);
    }

    [Fact]
    public async Task Listers()
    {
        await InformerExamples.ReadAsync(_informers, _output);
        Assert.Equal("web-1 1 1 1 1", Output.Trim());
        Assert.Single(MigrationExamples.List(_informers.ForResource(KnownResources.Pods)));
    }

    [Fact]
    public async Task Types()
    {
        await InformerExamples.TypedAsync(_informers, _output, _stop.Token);
        Assert.Equal("2", Output.Trim());
        await _cluster.Objects.PatchAsync("deployments", "shop/web", """{"spec":{"replicas":7}}""");
        var informer = _informers.ForResource(KnownResources.Deployments);
        await SaysAsync(
            "shop/web: 2 -> 7",
            () =>
                $"{informer.Status}, {informer.Counters.HandlerFailures} failures of handlers, {_cluster.Faults.OpenWatches} watches, "
                + $"held: {Text(informer.Store.List()[0])}, printed: {Output}"
        );
    }

    [Fact]
    public async Task Other_informers()
    {
        await _cluster.Objects.CreateAsync(
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big","namespace":"shop"},"data":{"text":"large"}}"""
        );
        await _cluster.Objects.CreateAsync(
            """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"token","namespace":"shop"},"data":{"key":"c2VjcmV0"}}"""
        );
        await InformerExamples.OtherInformersAsync(_informers, _cluster.Client);
        var (secrets, lean) = (_informers.ForMetadata(KnownResources.Secrets), _informers.ForResource(KnownResources.ConfigMaps));
        secrets.Start();
        lean.Start();
        await secrets.WhenSynced;
        await lean.WhenSynced;

        Assert.DoesNotContain("c2VjcmV0", Text(Assert.Single(secrets.Store.List())), StringComparison.Ordinal);
        Assert.DoesNotContain("large", Text(Assert.Single(lean.Store.List("shop"))), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _informers.ForResource(KnownResources.ConfigMaps, options: new()));
    }

    [Fact]
    public async Task Controllers()
    {
        await _cluster.Objects.CreateAsync(
            """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: { name: web, namespace: shop }
            spec:
              selector: { matchLabels: { app: web } }
              template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: web }] } }
            """
        );
        var running = InformerExamples.ControlAsync(_informers, _stop.Token);
        await _cluster.Objects.WaitForAsync("replicasets", "shop/web", o => (string?)o["metadata"]!["labels"]?["seen"] == "yes");
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Elections()
    {
        var worked = false;
        await InformerExamples.LeadAsync(
            _cluster.Client,
            _ =>
            {
                worked = true;
                return Task.CompletedTask;
            },
            _stop.Token
        );
        Assert.True(worked);
        Assert.Equal("", (string?)_cluster.Objects.Get("leases", "shop/my-operator")!["spec"]!["holderIdentity"] ?? "");
    }

    [Fact]
    public async Task Events()
    {
        await InformerExamples.RecordAsync(_cluster.Client, Pod());
        Assert.Equal("TooSmall", (string?)Assert.Single(_cluster.Objects.List("events", "shop"))["reason"]);
    }

    [Fact]
    public async Task Connecting_writing_and_selecting()
    {
        await KubernetesExamples.ConnectAsync(_output, _stop.Token);
        await KubernetesExamples.WriteAsync(_cluster.Client, _output, _stop.Token);
        KubernetesExamples.Select(Pod(), _output);

        Assert.Matches(@"^Deployment shop/web at \d+, changed last by test\s+2 replicas\s+True\s+$", Output);
        Assert.Equal(3, (int?)_cluster.Objects.Get("deployments", "shop/web")!["spec"]!["replicas"]);
    }

    [Fact]
    public async Task Requests_about_one_object()
    {
        var (client, key) = (_cluster.Client, new ObjectKey("shop", "one"));
        Assert.Null(await client.GetAsync(KnownResources.ConfigMaps, key));
        Assert.False(await client.DeleteAsync(KnownResources.ConfigMaps, key));
        await client.CreateAsync(
            KnownResources.ConfigMaps,
            "shop",
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"a":"1"}}"""
        );
        await client.ApplyAsync(
            KnownResources.ConfigMaps,
            key,
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"b":"2"}}""",
            "me"
        );
        var conflict = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.ApplyAsync(
                KnownResources.ConfigMaps,
                key,
                """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"b":"3"}}""",
                "other"
            )
        );
        Assert.True(conflict.IsConflict);
        Assert.Contains("\"me\"", conflict.Message, StringComparison.Ordinal);
        await client.ApplyAsync(
            KnownResources.ConfigMaps,
            key,
            """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"b":"3"}}""",
            "other",
            force: true
        );
        await client.MergePatchAsync(KnownResources.ConfigMaps, key, """{"data":{"a":null}}""");

        Assert.Equal("""{"b":"3"}""", _cluster.Objects.Get("configmaps", "shop/one")!["data"]!.ToJsonString());
        Assert.True(await client.DeleteAsync(KnownResources.ConfigMaps, key));
        Assert.Null(await client.GetAsync(KnownResources.ConfigMaps, key));
        var typed = await client.CreateAsync(
            KnownResources.ConfigMaps,
            "shop",
            new Written("v1", "ConfigMap", new("two")),
            WrittenJson.Default.Written
        );
        Assert.Equal("shop/two", typed.Key.ToString());
    }

    [Fact]
    public void Tables()
    {
        CatalogExamples.Print([Pod()], _output, TimeProvider.System);
        Assert.Contains("NAME    READY   STATUS    RESTARTS   AGE", Output, StringComparison.Ordinal);
        Assert.Contains("Pending: ", Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues()
    {
        var pods = _informers.ForResource(KnownResources.Pods);
        var seen = new List<string>();
        var running = MigrationExamples.QueueAsync(
            pods,
            async pod =>
            {
                seen.Add($"{pod?.Name}");
                if (seen.Count == 1)
                {
                    throw new HttpRequestException("once");
                }

                await _stop.CancelAsync();
            },
            _stop.Token
        );
        pods.Start();
        await Assert
            .ThrowsAnyAsync<OperationCanceledException>(() => running)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(["web-1", "web-1"], seen);
    }

    [Fact]
    public Task Tests_of_operators() =>
        MigrationExamples.TestAsync(async client =>
        {
            for (var attempt = 0; attempt < 2; attempt++)
            {
                try
                {
                    await client.MergePatchAsync(KnownResources.ConfigMaps, new("default", "settings"), """{"data":{"seen":"yes"}}""");
                    return;
                }
                catch (KubernetesApiException error) when (error.Code == 500)
                {
                    // The fault, once.
                }
            }
        });

    [Fact]
    public async Task A_factory_of_sources_has_no_client_and_says_so()
    {
        await using var factory = new SharedInformerFactory(
            (resource, selection) => new ResourceListerWatcher(_cluster.Client, "sim", resource, selection)
        );
        Assert.Contains("no client", Assert.Throws<InvalidOperationException>(() => factory.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_factory_disposes_of_the_client_that_it_made_and_of_no_other()
    {
        var own = SharedInformerFactory.FromKubeconfig(_cluster.KubeconfigPath);
        await own.Client.GetBytesAsync("/version", ct: TestContext.Current.CancellationToken);
        await own.DisposeAsync();
        await _informers.DisposeAsync();

        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() =>
            own.Client.GetBytesAsync("/version", ct: TestContext.Current.CancellationToken)
        );
        await _cluster.Client.GetBytesAsync("/version", ct: TestContext.Current.CancellationToken);
    }

    private async Task SaysAsync(string text, Func<string>? otherwise = null)
    {
        try
        {
            await Eventually.TrueAsync(() => Output.Contains(text, StringComparison.Ordinal), $"'{text}' is printed");
        }
        catch (TimeoutException late) when (otherwise is not null)
        {
            throw new TimeoutException($"{late.Message}: {otherwise()}", late);
        }
    }

    private RawObject Pod() => RawObject.Parse(Encoding.UTF8.GetBytes(_cluster.Objects.Get("pods", "shop/web-1")!.ToJsonString()));

    private static string Text(RawObject item)
    {
        using var json = item.Open();
        return Encoding.UTF8.GetString(json.Span);
    }
}
