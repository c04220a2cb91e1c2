using Vigia.Testing;

namespace Vigia.Simulator.Tests.Serving;

public sealed class FaultTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task The_next_n_requests_of_a_verb_fail_and_then_no_more()
    {
        await using var rig = await Rig.StartAsync();
        await rig.SendAsync(
            HttpMethod.Post,
            "/simulator/faults",
            """{"kind":"error","code":429,"retryAfter":7,"count":2,"verb":"list","resource":"configmaps"}""",
            201
        );

        using var response = await rig.Http.GetAsync(Path, Rig.Token);
        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("7", response.Headers.GetValues("Retry-After").Single());
        await rig.GetAsync("/api/v1/pods");
        await rig.GetAsync(Path, 429);
        await rig.GetAsync(Path);
        Assert.Empty(rig.Simulator.Faults.All);
    }

    [Fact]
    public async Task A_rate_strikes_the_same_requests_for_the_same_seed()
    {
        static async Task<string> RunAsync()
        {
            await using var rig = await Rig.StartAsync(new SimulatorOptions { Seed = 5 });
            rig.Simulator.Faults.Add(
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
                using var response = await rig.Http.GetAsync(Path, Rig.Token);
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
        await using var rig = await Rig.StartAsync();
        using var watch = await rig.WatchAsync(Path + "?watch=true");

        Assert.Equal(1, rig.Simulator.Faults.CutWatches());

        await Assert.ThrowsAnyAsync<IOException>(async () => await watch.NextAsync());
    }

    [Fact]
    public async Task A_hang_leaves_streams_open_and_silent_until_it_is_removed()
    {
        await using var rig = await Rig.StartAsync();
        using var watch = await rig.WatchAsync(Path + "?watch=true");
        var hang = rig.Simulator.Faults.Hang();
        rig.Simulator.Store.Create(BuiltInTypes.ConfigMaps.Gvr, Rig.ConfigMap("a"), "test");

        var next = watch.NextAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => next.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System, Rig.Token));
        rig.Simulator.Faults.Remove(hang.Id);

        Assert.Equal("ADDED a", (await next)!.Value.Text);
    }

    [Fact]
    public async Task Going_dark_refuses_connections_and_comes_back_on_the_same_port()
    {
        await using var rig = await Rig.StartAsync();
        var port = rig.Simulator.Port;
        await rig.GetAsync(Path);

        await rig.Simulator.Faults.GoDarkAsync(cancellationToken: Rig.Token);
        await Assert.ThrowsAsync<HttpRequestException>(async () => await rig.GetAsync(Path));
        await rig.Simulator.Faults.ComeBackAsync(Rig.Token);

        Assert.Equal(port, rig.Simulator.Port);
        await rig.GetAsync(Path);
        await rig.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"goDark","seconds":0.1}""");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await rig.GetAsync(Path);
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
        await using var rig = await Rig.StartAsync();

        var e = await Assert.ThrowsAsync<IOException>(() =>
            VigiaSimulator.StartAsync(new SimulatorOptions { Port = rig.Simulator.Port }, Rig.Token)
        );

        Assert.Contains($"127.0.0.1:{rig.Simulator.Port}: the port is in use", e.Message, StringComparison.Ordinal);
    }
}
