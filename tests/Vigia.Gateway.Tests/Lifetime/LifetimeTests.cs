using System.Net;
using System.Net.Sockets;
using Vigia.Gateway.Auditing;
using Vigia.Gateway.Hosting;
using Vigia.Gateway.Tests.RawWatch;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Tests.Lifetime;

/// <summary>
/// A gateway that has stopped, or whose start has failed, leaves nothing behind: no timer, no file, no task that asks a
/// cluster.
/// </summary>
public sealed class LifetimeTests
{
    [Fact]
    public async Task A_gateway_that_has_stopped_leaves_no_timer()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        fixture.Put("a");
        var time = new TimerCount();
        var file = Path.GetTempFileName();
        await using (var client = Client(fixture))
        await using (
            var gateway = await GatewayServer.StartAsync(
                Options(fixture, client, new Uri("http://127.0.0.1:0"), file, time),
                TestContext.Current.CancellationToken
            )
        )
        {
            await Testing.Eventually.TrueAsync(
                async () => (await fixture.Http.GetAsync(new Uri(gateway.Url, "readyz"))).IsSuccessStatusCode,
                "the gateway is ready"
            );
            await using var stream = await fixture.OpenAsync(gateway);
            await using var watch = await WatchClient.OpenAsync(fixture, gateway, "kubernetes/sim/api/v1/pods?watch=1");
            await watch.StoryAsync("ADDED:a");
            Assert.NotEmpty(time.Alive);
        }

        await NoTimerIsAliveAsync(time);
        Assert.False(IsOpen(file));
        File.Delete(file);
    }

    [Fact]
    public async Task A_cluster_s_source_that_throws_at_its_end_keeps_nothing_else_from_ending()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        var (time, file) = (new TimerCount(), Path.GetTempFileName());
        await using var client = Client(fixture);
        var gateway = await GatewayServer.StartAsync(
            Options(fixture, client, new Uri("http://127.0.0.1:0"), file, time, source: new Throwing(client)),
            TestContext.Current.CancellationToken
        );
        Assert.True(IsOpen(file));

        await gateway.DisposeAsync();
        await NoTimerIsAliveAsync(time);
        Assert.False(IsOpen(file), "the audit log is still open");
        Assert.Equal(3024, Assert.Single(fixture.Logs.Faults).Id);
        File.Delete(file);
    }

    [Theory]
    [InlineData("cancelled")]
    [InlineData("address in use")]
    [InlineData("second address in use")]
    public async Task A_start_that_fails_ends_what_was_started_before(string fault)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var cancelled = new CancellationTokenSource();
        var (free, inUse) = (new Uri("http://127.0.0.1:0"), new Uri($"http://{taken.LocalEndpoint}"));
        if (fault == "cancelled")
        {
            await cancelled.CancelAsync();
        }

        var time = new TimerCount();
        var file = Path.GetTempFileName();
        await using var client = Client(fixture);
        var options = Options(
            fixture,
            client,
            fault == "address in use" ? inUse : free,
            file,
            time,
            fault == "second address in use" ? inUse : null
        );
        await Assert.ThrowsAnyAsync<Exception>(() => GatewayServer.StartAsync(options, cancelled.Token));
        await NoTimerIsAliveAsync(time);
        Assert.False(IsOpen(file), "the audit log is still open");
        File.Delete(file);
    }

    // Task.WaitAsync ends its wait just before it disposes of its timer.
    private static async Task NoTimerIsAliveAsync(TimerCount time)
    {
        try
        {
            await Testing.Eventually.TrueAsync(() => time.Alive.Count == 0, "no timer is alive");
        }
        catch (Exception)
        {
            Assert.Fail(string.Join("\n\n", time.Alive));
        }
    }

    private static KubernetesClient Client(GatewayFixture fixture) =>
        new(
            new ClusterConfiguration
            {
                Context = "sim",
                Cluster = "sim",
                Server = new Uri(fixture.Simulator.Url),
                Credentials = new StaticCredential(new Credential(null, null)),
            }
        );

    private static GatewayOptions Options(
        GatewayFixture fixture,
        KubernetesClient client,
        Uri listen,
        string audit,
        TimeProvider time,
        Uri? kubernetes = null,
        IClusterSource? source = null
    ) =>
        new()
        {
            Listen = listen,
            KubernetesListen = kubernetes,
            Clusters = [source ?? new KubernetesClusterSource(client)],
            Audit = new AuditLogOptions { Path = audit },
            Loggers = fixture.Logs,
            Time = time,
        };

    /// <summary>Whether this process has the file open.</summary>
    private static bool IsOpen(string file) =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget == file);

    private sealed class Throwing(KubernetesClient client) : IClusterSource, IAsyncDisposable
    {
        private readonly KubernetesClusterSource _source = new(client);

        public string Name => _source.Name;

        public KubernetesClient? Client => _source.Client;

        public Task<ApiResourceList> DiscoverAsync(CancellationToken cancellationToken) => _source.DiscoverAsync(cancellationToken);

        public IListerWatcher ListerWatcher(GroupVersionResource resource, ListerWatcherOptions options) =>
            _source.ListerWatcher(resource, options);

        public ValueTask DisposeAsync() => throw new InvalidOperationException("a source of the host");
    }
}
