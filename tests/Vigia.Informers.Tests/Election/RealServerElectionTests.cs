using System.Text;
using Vigia.Controllers;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// Against an API server that is not ours; runs where <c>VIGIA_REAL_KUBECONFIG</c> names a kubeconfig whose current
/// context may make namespaces.
/// </summary>
public sealed class RealServerElectionTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [Fact]
    public async Task A_leader_that_vanishes_is_replaced_and_one_that_stops_hands_over_at_once()
    {
        var kubeconfig = Environment.GetEnvironmentVariable("VIGIA_REAL_KUBECONFIG");
        Assert.SkipUnless(kubeconfig is { Length: > 0 }, "VIGIA_REAL_KUBECONFIG names no kubeconfig");
        await using var client = new KubernetesClient(KubeconfigLoader.Load(kubeconfig));
        var ns = $"vigia-election-{Environment.ProcessId}";
        await client.SendBytesAsync(
            HttpMethod.Post,
            "/api/v1/namespaces",
            Encoding.UTF8.GetBytes($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}"} }""")
        );
        try
        {
            var vanishing = new VanishingLock(new LeaseLock(client, ns, "operator", new Dictionary<string, string> { ["app"] = "vigia" }));
            var (first, second, third) = (
                Elector("first", vanishing),
                Elector("second", new LeaseLock(client, ns, "operator")),
                Elector("third", new LeaseLock(client, ns, "operator"))
            );
            using var stop = new CancellationTokenSource();
            using var stopSecond = new CancellationTokenSource();
            var runs = new List<Task> { first.RunAsync(WorkAsync, stop.Token) };
            await Eventually.TrueAsync(() => first.IsLeader, "the first leads");
            var runsSecond = second.RunAsync(WorkAsync, stopSecond.Token);
            await Eventually.TrueAsync(() => second.Leader == "first", "the second sees the first");

            vanishing.IsGone = true;
            var gone = Clock.GetTimestamp();
            await Eventually.TrueAsync(() => second.IsLeader, "the second leads");
            Assert.False(first.IsLeader);
            Assert.InRange(Clock.GetElapsedTime(gone).TotalSeconds, 1, 3 + 0.4 + 0.5);

            runs.Add(third.RunAsync(WorkAsync, stop.Token));
            await Eventually.TrueAsync(() => third.Leader == "second", "the third sees the second");
            await stopSecond.CancelAsync();
            var stopped = Clock.GetTimestamp();
            Assert.Equal(ElectionOutcome.Stopped, await runsSecond);
            await Eventually.TrueAsync(() => third.IsLeader, "the third leads");
            Assert.InRange(Clock.GetElapsedTime(stopped).TotalSeconds, 0, (0.4 * 2.2) + 0.5);

            var lease = await new LeaseLock(client, ns, "operator").GetAsync(CancellationToken.None);
            Assert.Equal(("third", 2), (lease!.Record.HolderIdentity, lease.Record.LeaderTransitions));
            await stop.CancelAsync();
            await Task.WhenAll(runs);
        }
        finally
        {
            (await client.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/{ns}")).Dispose();
        }
    }

    private static async Task WorkAsync(CancellationToken token) => await Hanging.UntilCancelledAsync(token);

    private static LeaderElector Elector(string identity, ILeaseLock leaseLock) =>
        new(
            leaseLock,
            new LeaderElectorOptions
            {
                Identity = identity,
                LeaseDuration = TimeSpan.FromSeconds(3),
                RenewDeadline = TimeSpan.FromSeconds(2),
                RetryPeriod = TimeSpan.FromSeconds(0.4),
            }
        );

    /// <summary>A process that was killed, as far as the server can tell.</summary>
    private sealed class VanishingLock(LeaseLock inner) : ILeaseLock
    {
        public bool IsGone { get; set; }

        public string Description => inner.Description;

        public Task<LeaseSnapshot?> GetAsync(CancellationToken ct) =>
            IsGone ? throw new KubernetesConnectionException("gone (injected)") : inner.GetAsync(ct);

        public Task<LeaseSnapshot> CreateAsync(LeaseRecord record, CancellationToken ct) =>
            IsGone ? throw new KubernetesConnectionException("gone (injected)") : inner.CreateAsync(record, ct);

        public Task<LeaseSnapshot> UpdateAsync(LeaseSnapshot seen, LeaseRecord record, CancellationToken ct) =>
            IsGone ? throw new KubernetesConnectionException("gone (injected)") : inner.UpdateAsync(seen, record, ct);
    }
}
