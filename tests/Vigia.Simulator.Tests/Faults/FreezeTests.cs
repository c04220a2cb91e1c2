using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Faults;

/// <summary>Sockets that stay open and carry nothing.</summary>
public sealed class FreezeTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps?watch=true";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task An_open_watch_stops_in_the_middle_of_an_event_and_goes_on_when_thawed()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path);
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"kind":"freeze","count":1,"verb":"watch"}""", 201);
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        await Eventually.TrueAsync(() => fixture.Simulator.Faults.Counts.GetValueOrDefault("freeze") == 1, "the event was struck");
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");

        var next = watch.NextAsync();
        await Assert.ThrowsAsync<TimeoutException>(() =>
            next.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System, Fixture.Token)
        );
        Assert.Equal(1, fixture.Simulator.Faults.OpenWatches);
        using (var other = await fixture.WatchAsync(Path))
        {
            Assert.Equal("ADDED a", await other.TextAsync()); // a new connection works
        }

        Assert.Equal(1, fixture.Simulator.Faults.Thaw());
        Assert.Equal("ADDED a", (await next)!.Value.Text);
        Assert.Equal("ADDED b", await watch.TextAsync());
    }

    [Fact]
    public async Task A_frozen_http2_connection_does_not_answer_pings_so_that_its_client_notices()
    {
        await using var fixture = await Fixture.StartAsync(new SimulatorOptions { Tls = true });
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
            KeepAlivePingDelay = TimeSpan.FromSeconds(1), // the least there is
            KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        using var http = new HttpClient(handler)
        {
            BaseAddress = new Uri(fixture.Simulator.Url),
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead, Fixture.Token);
        using var watch = new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(Fixture.Token)));
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        Assert.Equal("ADDED a", await watch.TextAsync());

        Assert.Equal(1, fixture.Simulator.Faults.Freeze());

        await Assert.ThrowsAnyAsync<Exception>(async () => await watch.NextAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(1, fixture.Simulator.Faults.Counts["freeze"]);
    }

    [Fact]
    public async Task A_request_can_vanish_into_a_frozen_connection()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Freeze,
                Verb = "list",
                Count = 1,
            }
        );

        var list = fixture.GetAsync("/api/v1/pods");
        await Assert.ThrowsAsync<TimeoutException>(() =>
            list.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System, Fixture.Token)
        );
        await fixture.GetAsync("/api/v1/pods");
        fixture.Simulator.Faults.Thaw();
        await list;
    }

    [Fact]
    public async Task Disposal_with_frozen_connections_is_quick()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path);
        fixture.Simulator.Faults.Freeze();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        var clock = System.Diagnostics.Stopwatch.StartNew();

        await fixture.Simulator.DisposeAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"took {clock.Elapsed}");
    }
}
