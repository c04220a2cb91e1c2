using System.Net;
using Vigia.Gateway.Access;
using Vigia.Kubernetes;
using Vigia.Simulator;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

/// <summary>Callers who ask for much and may see nothing: what they cost the API server, and the others.</summary>
public sealed class AmplificationTests
{
    private static readonly GroupVersionResource Namespaces = new("", "v1", "namespaces");

    [Fact]
    public async Task Names_of_namespaces_that_do_not_exist_cost_the_API_server_nothing()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(new SimulatedUser { Name = "nobody", Token = "nobody-token" });

        // Until the gateway knows which namespaces there are it has to ask.
        await Eventually.TrueAsync(
            () => fixture.Gateway.Clusters.Sessions[0].Find("namespaces")?.Informer?.HasSynced == true,
            "the namespaces are known"
        );
        for (var i = 0; i < 20; i++)
        {
            var (status, body) = await fixture.GetAsync(
                $"api/v1/pods?namespace={string.Join(',', Enumerable.Range(0, 500).Select(n => $"n{i}x{n}"))}",
                "nobody-token"
            );
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.InRange(((string)body["error"]!).Length, 1, 500);
        }

        Assert.Equal(1, fixture.Reviews.Rights);
        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "anna-token"));
    }

    [Fact]
    public async Task A_caller_without_rights_is_slowed_down_and_nobody_else_is()
    {
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(3),
                ReviewTimeout = TimeSpan.FromSeconds(1),
                ReviewBurst = 20,
                ReviewsPerSecond = 1,
            }
        );
        fixture.Simulator.Access.Set(new SimulatedUser { Name = "nobody", Token = "nobody-token" });
        var resources = fixture.Gateway.Clusters.Catalog.Entries.Select(entry => entry.Name).ToArray();
        using var stop = new CancellationTokenSource();
        var statuses = new System.Collections.Concurrent.ConcurrentDictionary<HttpStatusCode, int>();
        var storm = Enumerable
            .Range(0, 8)
            .Select(worker =>
                Task.Run(async () =>
                {
                    for (var i = worker; !stop.IsCancellationRequested; i++)
                    {
                        using var response = await fixture.SendAsync($"api/v1/{resources[i % resources.Length]}", "nobody-token");
                        statuses.AddOrUpdate(response.StatusCode, 1, static (_, count) => count + 1);
                    }
                })
            )
            .ToArray();

        try
        {
            await Eventually.TrueAsync(
                () => statuses.ContainsKey(HttpStatusCode.TooManyRequests),
                "the caller is told that it asks for too much"
            );
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "anna-token"));
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(storm);
        }

        Assert.DoesNotContain(HttpStatusCode.ServiceUnavailable, statuses.Keys);
    }

    [Fact]
    public async Task Wrong_tokens_are_reviewed_a_few_times_and_then_wait()
    {
        await using var fixture = await AccessFixture.StartAsync(new AccessOptions { Mode = AuthMode.Kubernetes, MaxFailedPerAddress = 5 });
        fixture.Simulator.Faults.Add(
            new Fault
            {
                Kind = FaultKind.Latency,
                Verb = "create",
                Latency = 20,
            }
        );
        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "anna-token"));
        fixture.Reviews.Clear();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(async i =>
                {
                    using var response = await fixture.SendAsync("api/v1/pods", $"wrong-{i}");
                    return (
                        response.StatusCode,
                        RetryAfter: response.Headers.RetryAfter?.Delta,
                        Text: await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
                    );
                })
        );

        Assert.All(
            answers,
            answer => Assert.True(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests, answer.ToString())
        );
        Assert.All(answers, answer => Assert.DoesNotContain("sim", answer.Text, StringComparison.Ordinal));
        Assert.All(
            answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests),
            answer => Assert.NotNull(answer.RetryAfter)
        );

        // As many as the budget, those that were under way when it ended, and one a second.
        Assert.InRange(fixture.Reviews.Tokens, 1, 5 + 16 + 30);
        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "anna-token"));
    }

    [Fact]
    public async Task A_token_that_was_refused_costs_nothing_when_it_is_sent_again()
    {
        await using var fixture = await AccessFixture.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", "junk")).Status);
        }

        Assert.InRange(fixture.Reviews.Tokens, 1, 10);
    }

    [Fact]
    public async Task Namespaces_that_are_gone_are_not_asked_about_any_more()
    {
        await using var fixture = await AccessFixture.StartAsync(
            new AccessOptions
            {
                Mode = AuthMode.Kubernetes,
                CacheFor = TimeSpan.FromSeconds(1),
                KeepFor = TimeSpan.FromSeconds(30),
                ReviewBurst = 10_000,
            }
        );
        await using var stream = await fixture.StreamAsync("anna-token");
        await stream.SyncedAsync();
        string[] transient = [.. Enumerable.Range(0, 40).Select(i => $"ci-{i}")];
        foreach (var ns in transient)
        {
            fixture.CreateNamespace(ns);
            fixture.Inner.Put("job", ns);
        }

        await Eventually.TrueAsync(() => fixture.Reviews.LargestCycle >= 40, "all are asked about");
        foreach (var ns in transient)
        {
            fixture.Inner.Delete("job", ns);
            fixture.Simulator.Store.Delete(Namespaces, new ObjectKey("", ns));
        }

        await Eventually.TrueAsync(
            () => fixture.Reviews.LastCycle is > 0 and < 30,
            "those that are gone are not",
            TimeSpan.FromSeconds(20)
        );

        // One that comes back, for her this time, is seen.
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "ci-1"));
        fixture.CreateNamespace("ci-1");
        fixture.Inner.Put("again", "ci-1");
        await stream.StoryAsync("reset:start +a1 +a2 +again");
    }

    [Fact]
    public async Task A_replica_resumes_a_stream_whose_namespace_holds_nothing_just_now()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "empty", "brand-new"));
        string cursor;
        await using (var stream = await fixture.StreamAsync("anna-token"))
        {
            await stream.SyncedAsync();
            fixture.Inner.Put("e1", "empty");
            await stream.StoryAsync("reset:start +a1 +a2 +e1");
            fixture.Inner.Delete("e1", "empty");
            await stream.StoryAsync("reset:start +a1 +a2 +e1 -e1");
            cursor = stream.LastId;
        }

        // A replica that was started afterwards never saw anything in that namespace.
        var young = await fixture.ReplicaAsync();
        fixture.Inner.Put("n1", "brand-new");
        await using var resumed = await fixture.StreamAsync("anna-token", gateway: young, cursor: cursor);
        await resumed.StoryAsync("+n1");
    }

    [Fact]
    public async Task A_stream_that_comes_before_the_namespaces_are_known_waits_for_them_and_is_not_reset()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.Simulator.Access.Set(AccessFixture.Tenant("anna", "team-a", "empty"));
        string cursor;
        await using (var stream = await fixture.StreamAsync("anna-token"))
        {
            await stream.StoryAsync("reset:start +a1 +a2");
            await stream.SyncedAsync();
            cursor = stream.LastId;
        }

        // What she may see of namespaces that hold nothing is part of the cursor, so a replica has to know them before
        // it can judge it.
        fixture.SpoilNamespaces(new Fault { Kind = FaultKind.Latency, Latency = 1500 });
        var young = await fixture.ReplicaAsync();
        await using var resumed = await fixture.StreamAsync("anna-token", gateway: young, cursor: cursor);
        fixture.Inner.Put("n1", "team-a");
        await resumed.StoryAsync("+n1");
    }

    [Fact]
    public async Task A_stream_does_not_wait_for_namespaces_that_may_not_be_read()
    {
        await using var fixture = await AccessFixture.StartAsync();
        fixture.SpoilNamespaces(new Fault { Kind = FaultKind.Error, Code = 403 });
        var patient = new AccessOptions { Mode = AuthMode.Kubernetes, ReviewTimeout = TimeSpan.FromMinutes(2) };
        var young = await fixture.ReplicaAsync(patient);
        await using var stream = await fixture
            .StreamAsync("anna-token", gateway: young)
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stream.StoryAsync("reset:start +a1 +a2");
    }
}
