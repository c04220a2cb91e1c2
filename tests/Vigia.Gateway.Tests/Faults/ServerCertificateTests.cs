using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Hosting;
using Vigia.Live.Clusters;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Faults;

/// <summary>
/// The API server's certificate is of another authority from one moment to the next, and the file that the kubeconfig
/// names follows.
/// </summary>
public sealed class ServerCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-authority");

    [Fact]
    public async Task A_renewed_certificate_is_trusted_as_soon_as_the_file_has_its_authority_and_nothing_is_loaded_again()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { Tls = true, BookmarkInterval = TimeSpan.FromMilliseconds(200) }
        );
        fixture.Put("a");
        await using var served = await ServeAsync(fixture.Simulator);
        await using var stream = await SseClient.OpenAsync(fixture.Http, new Uri(served.Gateway.Url, "api/v1/pods/stream"), null);
        await stream.SyncedAsync();
        await NamespacesAsync(served.Gateway);

        fixture.Simulator.ChangeCertificate();
        await stream.UntilAsync(
            events =>
                events.Any(e => e.Name == "degraded" && ((string)e.Data["reason"]!).Contains("is not trusted", StringComparison.Ordinal)),
            "the reason is told"
        );
        fixture.Put("b");
        Trust(fixture.Simulator);

        await stream.StoryAsync("reset:start +a +b");
        await stream.UntilAsync(events => events[^1].Name is "live" or "added" && events.Any(e => e.Name == "live"), "live");
        Assert.Equal(1, served.Gateway.Clusters.Sessions[0].Find("pods")!.Informer!.Status.Lists);
    }

    [Fact]
    public async Task Another_cluster_in_its_place_leaves_and_comes_anew()
    {
        await using var fixture = await GatewayFixture.StartAsync(
            new SimulatorOptions { Tls = true, BookmarkInterval = TimeSpan.FromMilliseconds(200) }
        );
        fixture.Put("a");
        await using var served = await ServeAsync(fixture.Simulator);
        await using var stream = await SseClient.OpenAsync(fixture.Http, new Uri(served.Gateway.Url, "api/v1/pods/stream"), null);
        await stream.SyncedAsync();
        await NamespacesAsync(served.Gateway);

        // As if a cluster of the same name had been recreated on the same port, as kind does.
        var port = fixture.Simulator.Port;
        await fixture.Simulator.DisposeAsync();
        await using var other = await VigiaSimulator.StartAsync(
            new SimulatorOptions
            {
                Tls = true,
                Port = port,
                Seed = 2,
            },
            TestContext.Current.CancellationToken
        );
        Trust(other);

        await stream.UntilAsync(events => events.Any(e => e.Name == "deleted" && e.ObjectName == "a"), "what was held leaves");
        Assert.Contains(
            stream.Events,
            e => e.Name == "degraded" && ((string)e.Data["reason"]!).Contains("it is another cluster", StringComparison.Ordinal)
        );
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task NamespacesAsync(GatewayServer gateway) =>
        Eventually.TrueAsync(() => gateway.Clusters.Sessions[0].Find("namespaces")?.Informer?.HasSynced == true, "namespaces are held");

    private void Trust(VigiaSimulator simulator)
    {
        var path = Path.Combine(_folder.FullName, "ca.crt");
        File.WriteAllText(
            path + ".new",
            simulator.Configuration("admin").CertificateAuthorities![0].ExportCertificatePem() + $"\n# {simulator.Store.Revision}\n"
        );
        File.Move(path + ".new", path, overwrite: true);
    }

    private async Task<Served> ServeAsync(VigiaSimulator simulator)
    {
        Trust(simulator);
        var path = Path.Combine(_folder.FullName, "config");
        await File.WriteAllTextAsync(
            path,
            $"""
            kind: Config
            current-context: one
            clusters:
            - name: one
              cluster:
                server: {simulator.Url}
                certificate-authority: ca.crt
            users:
            - name: one
              user:
                token: admin-token
            contexts:
            - name: one
              context:
                cluster: one
                user: one
            """,
            TestContext.Current.CancellationToken
        );
        var clusters = await KubeconfigClusters.LoadAsync(
            new KubeconfigOptions { Path = path, PollInterval = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        var gateway = await GatewayServer.StartAsync(
            new GatewayOptions { Listen = new Uri("http://127.0.0.1:0"), Clusters = clusters.Sources },
            TestContext.Current.CancellationToken
        );
        clusters.Follow(gateway.Clusters);
        return new Served(gateway, clusters);
    }

    private sealed record Served(GatewayServer Gateway, KubeconfigClusters Clusters) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Clusters.StopAsync();
            await Gateway.DisposeAsync();
            await Clusters.DisposeAsync();
        }
    }
}
