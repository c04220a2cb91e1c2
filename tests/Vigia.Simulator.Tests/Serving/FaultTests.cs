using Vigia.Testing;

namespace Vigia.Simulator.Tests.Serving;

public sealed class FaultTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task The_next_n_requests_of_a_verb_fail_and_then_no_more()
    {
        await using var fixture = await Fixture.StartAsync();
        await fixture.SendAsync(
            HttpMethod.Post,
            "/simulator/faults",
            """{"kind":"error","code":429,"retryAfter":7,"count":2,"verb":"list","resource":"configmaps"}""",
            201
        );

        using var response = await fixture.Http.GetAsync(Path, Fixture.Token);
        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("Retry-After").Single());
        await fixture.GetAsync("/api/v1/pods");
        await fixture.GetAsync(Path, 429);
        await fixture.GetAsync(Path);
        Assert.Empty(fixture.Simulator.Faults.All);
    }

    [Fact]
    public async Task A_rate_strikes_the_same_requests_for_the_same_seed()
    {
        static async Task<string> RunAsync()
        {
            await using var fixture = await Fixture.StartAsync(new SimulatorOptions { Seed = 5 });
            fixture.Simulator.Faults.Add(
                new Fault
                {
                    Kind = FaultKind.Error,
                    Code = 503,
                    Rate = 0.5,
                }
            );
            var codes = "";
            for (var i = 0; i < 20; i++)
            {
                using var response = await fixture.Http.GetAsync(Path, Fixture.Token);
                codes += response.IsSuccessStatusCode ? '.' : 'x';
            }

            return codes;
        }

        var codes = await RunAsync();
        Assert.Contains('x', codes);
        Assert.Contains('.', codes);
        Assert.Equal(codes, await RunAsync());
    }

    [Fact]
    public async Task Cut_watches_break_in_the_middle()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path + "?watch=true");

        Assert.Equal(1, fixture.Simulator.Faults.CutWatches());

        await Assert.ThrowsAnyAsync<IOException>(async () => await watch.NextAsync());
    }

    [Fact]
    public async Task A_hang_leaves_streams_open_and_silent_until_it_is_removed()
    {
        await using var fixture = await Fixture.StartAsync();
        using var watch = await fixture.WatchAsync(Path + "?watch=true");
        var hang = fixture.Simulator.Faults.Hang();
        fixture.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Fixture.ConfigMap("a"), "test");

        var next = watch.NextAsync();
        await Assert.ThrowsAsync<TimeoutException>(() =>
            next.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System, Fixture.Token)
        );
        fixture.Simulator.Faults.Remove(hang.Id);

        Assert.Equal("ADDED a", (await next)!.Value.Text);
    }

    [Fact]
    public async Task Going_dark_refuses_connections_and_comes_back_on_the_same_port()
    {
        await using var fixture = await Fixture.StartAsync();
        var port = fixture.Simulator.Port;
        await fixture.GetAsync(Path);

        await fixture.Simulator.Faults.GoDarkAsync(cancellationToken: Fixture.Token);
        await Assert.ThrowsAsync<HttpRequestException>(async () => await fixture.GetAsync(Path));
        await fixture.Simulator.Faults.ComeBackAsync(Fixture.Token);

        Assert.Equal(port, fixture.Simulator.Port);
        await fixture.GetAsync(Path);
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"goDark","seconds":0.1}""");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await fixture.GetAsync(Path);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the simulator is back"
        );
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_sentence()
    {
        await using var fixture = await Fixture.StartAsync();

        var e = await Assert.ThrowsAsync<IOException>(() =>
            VigiaSimulator.StartAsync(new SimulatorOptions { Port = fixture.Simulator.Port }, Fixture.Token)
        );

        Assert.Contains($"127.0.0.1:{fixture.Simulator.Port}: the port is in use", e.Message, StringComparison.Ordinal);
    }
}
