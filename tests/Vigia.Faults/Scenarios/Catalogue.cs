namespace Vigia.Faults.Scenarios;

/// <summary>The faults.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(
            "server-killed",
            "the API server is killed (SIGKILL) and started again",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.KillAsync();
                await FaultRun.HoldAsync(Noticed + run.Options.Hold, ct);
                run.Healed();
                await run.Server.StartAsync();
                run.Back();
            }
        )
        {
            StaleWithin = _ => Noticed,
        },
        new(
            "server-hung",
            "the API server hangs (SIGSTOP), its connections stay open",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.HangAsync();
                await FaultRun.HoldAsync(Hung(run.Options) + run.Options.Hold, ct);
                run.Healed();
                await run.Server.WakeAsync();
            }
        )
        {
            StaleWithin = options => Hung(options),
        },
        new(
            "gateway-token-expired",
            "the gateways' token is accepted no more; later there is another in the file",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.ExpireAsync("gateway");
                await FaultRun.HoldAsync(Refused(run.Options) + run.Options.Hold, ct);
                run.Healed();
                run.Files.Write("gateway.token", run.Server.TokenOf("gateway"));
            }
        )
        {
            ShortWatches = true,
            StaleWithin = options => Refused(options),
        },
        new(
            "gateway-rights-removed",
            "the gateways may no longer list and watch; later they may again",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.SetRightsAsync("gateway", has: false);
                await FaultRun.HoldAsync(Refused(run.Options) + run.Options.Hold, ct);
                run.Healed();
                await run.Server.SetRightsAsync("gateway", has: true);
            }
        )
        {
            ShortWatches = true,
            StaleWithin = options => Refused(options),
        },
        new(
            "server-certificate-changed",
            "the API server shows a certificate of another authority; later the file of the authority is replaced",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.ChangeCertificateAsync();
                await FaultRun.HoldAsync(Noticed + run.Options.Hold, ct);
                run.Healed();
                run.Files.Write("ca.crt", run.Server.AuthorityPem);
            }
        )
        {
            StaleWithin = _ => Noticed,
        },
        new(
            "gateway-certificate-changed",
            "the gateways' own certificate and key are replaced",
            async (run, ct) =>
            {
                var (certificate, key) = Certificates.Create("two");
                run.Broken();
                run.Files.Write("tls.key", key);
                run.Files.Write("tls.crt", certificate);
                run.Healed();
                var before = run.Clients.Select(client => client.Connections).ToArray();
                await FaultRun.UntilAsync(
                    () => run.Clients.Select((client, i) => client.Connections > before[i] + 1).All(again => again),
                    "every client has come back since",
                    ct
                );
            }
        )
        {
            Tls = true,
        },
        new(
            "caller-token-expired",
            "a caller's token is accepted no more: its streams end, at both replicas; later it has another",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.ExpireAsync("reader");
                var readers = run.Clients.Where(client => client.User == "reader").ToArray();
                await FaultRun.UntilAsync(
                    () =>
                        readers.All(client =>
                            !client.IsOpen
                            && client.Refusals.Any(refusal =>
                                refusal.At > run.FaultAt && refusal.What.Contains(" 401 ", StringComparison.Ordinal)
                            )
                        ),
                    "the caller's streams have ended",
                    ct
                );
                await FaultRun.HoldAsync(run.Options.Hold, ct);
                run.Renew("reader");
                run.Healed();
            }
        )
        {
            Reviews = true,
        },
        new(
            "caller-rights-removed",
            "a caller's rights are taken away: what it held leaves; later it has them again",
            async (run, ct) =>
            {
                run.Broken();
                await run.Server.SetRightsAsync("reader", has: false);
                var readers = run.Clients.Where(client => client.User == "reader").ToArray();
                await FaultRun.UntilAsync(
                    () => readers.All(client => client.Has(e => e.Kind == "deleted" && e.Reason == "access" && e.At > run.FaultAt)),
                    "what the caller held leaves",
                    ct
                );
                await FaultRun.HoldAsync(run.Options.Hold, ct);
                run.Healed();
                await run.Server.SetRightsAsync("reader", has: true);
                await FaultRun.UntilAsync(
                    () => readers.All(client => client.Has(e => e.Kind == "added" && e.At > run.HealedAt)),
                    "it comes back",
                    ct
                );
            }
        )
        {
            Reviews = true,
        },
        new(
            "gateway-killed",
            "a gateway is killed (SIGKILL) under load and started again, then the other one",
            async (run, ct) =>
            {
                run.Broken();
                foreach (var replica in run.Replicas)
                {
                    await replica.KillAsync();
                    await FaultRun.HoldAsync(run.Options.Hold / 2, ct);
                    replica.Start();
                    await replica.ReadyAsync(run.Http, ct);
                    await FaultRun.HoldAsync(run.Options.Hold / 4, ct);
                }

                run.Healed();
            }
        )
        {
            Also = run =>
                run.Clients.Where(client => client.Connections < 2)
                    .Select(client => $"client {client.Number} never had to come back: the fault did not strike"),
        },
        .. Restores.All,
    ];

    /// <summary>A connection that breaks is noticed at once; the rest is for a machine that does much else.</summary>
    internal static readonly TimeSpan Noticed = TimeSpan.FromSeconds(3);

    /// <summary>Pings of a connection on which nothing comes, and a moment.</summary>
    private static TimeSpan Hung(FaultOptions options) => options.Quick ? TimeSpan.FromSeconds(6) : TimeSpan.FromSeconds(30);

    /// <summary>The longest watch (twice its least time), and what a server remembers of a token (10 s).</summary>
    private static TimeSpan Refused(FaultOptions options) => options.Quick ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(25);
}
