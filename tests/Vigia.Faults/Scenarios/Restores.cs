using Vigia.Faults.Checking;

namespace Vigia.Faults.Scenarios;

/// <summary>
/// Faults in which the server's history is another one afterwards, and those that must not be taken for it.
/// </summary>
internal static class Restores
{
    // Pods of their own: what changed last, and some that change once in the lost stretch and never again.
    private const string Newest = "newest";
    private static readonly string[] Quiet = ["quiet-1", "quiet-2"];

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(
            "server-restored",
            "etcd is restored from a backup: revisions go back",
            async (run, ct) =>
            {
                await run.Server.BackUpAsync();
                await FaultRun.HoldAsync(run.Options.Hold, ct);
                run.Broken();
                await run.Server.RestoreAsync();
                run.Healed();
                await RestoredAsync(run, _ => true, ct);
            }
        )
        {
            Also = Unrestored,
        },
        new(
            "server-restored-clients-away",
            "clients are away while etcd is restored; they come back before the server has counted to their cursors, and after",
            async (run, ct) =>
            {
                await LoseAsync(run, ct);
                await run.Server.RestoreAsync();
                run.Healed();

                // 1. At once: the server has yet to reach what these have seen.
                Return(run, Group.Early);
                await RestoredAsync(run, client => GroupOf(client) is Group.Present or Group.Early, ct);

                // 2. Every revision that a client has seen was given out again.
                await CountPastAsync(run, ct);
                Return(run, Group.Late, Group.LateAtTheSame);
                await RestoredAsync(run, _ => true, ct);
            }
        )
        {
            Also = Unrestored,
        },
        new(
            "server-restored-gateways-restarted",
            "all gateways are killed, etcd is restored, new gateways start: clients come back before the server has counted to their "
                + "cursors, after, and after a compaction",
            async (run, ct) =>
            {
                await LoseAsync(run, ct);
                await Task.WhenAll(run.Replicas.Select(replica => replica.KillAsync()));
                await run.Server.RestoreAsync();
                run.Healed();
                foreach (var replica in run.Replicas)
                {
                    replica.Start();
                    await replica.ReadyAsync(run.Http, ct);
                }

                Return(run, Group.Early);
                await RestoredAsync(run, client => GroupOf(client) is Group.Present or Group.Early, ct);
                await CountPastAsync(run, ct);
                Return(run, Group.Late);
                await RestoredAsync(run, client => GroupOf(client) is not Group.LateAtTheSame, ct);

                // What these have seen can be asked for no more: they begin again, as after any absence that was too
                // long.
                await run.Server.CompactAsync();
                Return(run, Group.LateAtTheSame);
                await FaultRun.UntilAsync(
                    () => run.Clients.All(client => HasReset(run, client)),
                    "every client is told to begin again",
                    ct
                );
            }
        )
        {
            Compacts = true,
            Also = run => Unrestored(run, client => GroupOf(client) is not Group.LateAtTheSame),
        },
        Witness(
            "server-restored-newest-lost",
            "gateways are cut off; the object that changed last exists only in the history that a restore of etcd loses; the new one is "
                + "compacted",
            isDeleted: false
        ),
        Witness("server-restored-newest-deleted", "as the one before, where the last change that was seen is a deletion", isDeleted: true),
        new(
            "newest-compacted",
            "gateways are cut off while the object that changed last is changed and deleted, and etcd is compacted: nothing is restored",
            async (run, ct) =>
            {
                await run.Writer.StopAsync();
                await SeenAsync(run, await run.Writer.MarkAsync(Newest, exists: false, ct), ct);
                await LeaveAsync(run);
                run.Broken();
                run.Gate.Close();
                await run.Writer.MarkAsync(Newest, exists: true, ct);
                await run.Writer.DeleteAsync(Newest, ct);
                run.Writer.Start();
                await FaultRun.HoldAsync(Catalogue.Noticed + run.Options.Hold, ct);
                await run.Server.CompactAsync();
                run.Healed();
                run.Gate.Open();
                Return(run, Group.Early, Group.Late, Group.LateAtTheSame);
            }
        )
        {
            Gated = true,
            Compacts = true,
            StaleWithin = _ => Catalogue.Noticed,
            Also = FalselyRestored,
        },
        new(
            "core-killed",
            "the gateways' cluster is a gateway, which is killed (SIGKILL) and started again: nothing is restored",
            async (run, ct) =>
            {
                await LeaveAsync(run);
                run.Broken();
                await run.Core.KillAsync();
                await FaultRun.HoldAsync(Catalogue.Noticed + run.Options.Hold, ct);
                run.Healed();
                run.Core.Start();
                await run.Core.ReadyAsync(run.Http, ct);
                run.Back();
                Return(run, Group.Early, Group.Late, Group.LateAtTheSame);
            }
        )
        {
            Edge = true,
            StaleWithin = _ => Catalogue.Noticed,
            Also = FalselyRestored,
        },
    ];

    /// <summary>How a client lives through a restore.</summary>
    private enum Group
    {
        /// <summary>It stays.</summary>
        Present,

        /// <summary>It comes back before the server has counted to its cursor.</summary>
        Early,

        /// <summary>It comes back afterwards, at the other gateway.</summary>
        Late,

        /// <summary>It comes back afterwards, at the gateway where it was.</summary>
        LateAtTheSame,
    }

    private static Scenario Witness(string name, string what, bool isDeleted) =>
        new(
            name,
            what,
            async (run, ct) =>
            {
                // 1. A stretch that will be lost. The newest object is not in the backup, the quiet ones change after
                // it.
                await run.Writer.StopAsync();
                foreach (var quiet in Quiet)
                {
                    await run.Writer.MarkAsync(quiet, exists: false, ct);
                }

                run.Writer.Start();
                await run.Server.BackUpAsync();
                await FaultRun.HoldAsync(run.Options.Hold / 2, ct);
                await run.Writer.StopAsync();
                foreach (var quiet in Quiet)
                {
                    await run.Writer.MarkAsync(quiet, exists: true, ct);
                }

                await SeenAsync(run, await run.Writer.MarkAsync(Newest, exists: false, ct), ct);
                if (isDeleted)
                {
                    await run.Writer.DeleteAsync(Newest, ct);
                    await FaultRun.UntilAsync(
                        () => run.Clients.All(client => client.Has(e => e is { Kind: "deleted", Name: Newest })),
                        "every client was told of the last deletion",
                        ct
                    );
                }

                // 2. Compacted on both sides of the restore, and counted past everything that was seen, before a
                // gateway can ask.
                await LeaveAsync(run);
                run.Broken();
                run.Gate.Close();
                await FaultRun.HoldAsync(Catalogue.Noticed + run.Options.Hold, ct);
                await run.Server.CompactAsync();
                await run.Server.RestoreAsync();
                await CountPastAsync(run, ct);
                await run.Server.CompactAsync();
                run.Healed();
                run.Gate.Open();
                await RestoredAsync(run, client => GroupOf(client) is Group.Present, ct);
                Return(run, Group.Early, Group.Late, Group.LateAtTheSame);
                await RestoredAsync(run, _ => true, ct);
            }
        )
        {
            Gated = true,
            Compacts = true,
            StaleWithin = _ => Catalogue.Noticed,
            Also = Unrestored,
        };

    private static Group GroupOf(ResumingClient client) => (Group)(client.Number / 2 % 4);

    /// <summary>
    /// A backup, writes that will be lost, and clients that leave amid them. Nothing is written afterwards.
    /// </summary>
    private static async Task LoseAsync(FaultRun run, CancellationToken cancellationToken)
    {
        await run.Server.BackUpAsync();
        await FaultRun.HoldAsync(run.Options.Hold / 2, cancellationToken);
        await LeaveAsync(run);
        await FaultRun.HoldAsync(run.Options.Hold / 2, cancellationToken);
        await run.Writer.StopAsync();
        run.Broken();
    }

    private static Task LeaveAsync(FaultRun run) =>
        Task.WhenAll(run.Clients.Where(client => GroupOf(client) != Group.Present).Select(client => client.LeaveAsync()));

    private static void Return(FaultRun run, params Group[] groups)
    {
        foreach (var client in run.Clients.Where(client => groups.Contains(GroupOf(client))))
        {
            client.Return(toTheSame: GroupOf(client) == Group.LateAtTheSame);
        }
    }

    /// <summary>Writes until the restored server has given out every revision of the lost history.</summary>
    private static async Task CountPastAsync(FaultRun run, CancellationToken cancellationToken)
    {
        var lost = run.Server.Truth.Epochs[^2][^1].Revision;
        run.Writer.Start();
        await FaultRun.UntilAsync(() => run.Server.Truth.Newest > lost, "the server has counted past what was lost", cancellationToken);
    }

    private static Task SeenAsync(FaultRun run, long sequence, CancellationToken cancellationToken) =>
        FaultRun.UntilAsync(
            () => run.Clients.All(client => client.Has(e => e.Sequence == sequence)),
            "every client was told of the last change",
            cancellationToken
        );

    private static Task RestoredAsync(FaultRun run, Func<ResumingClient, bool> which, CancellationToken cancellationToken) =>
        FaultRun.UntilAsync(
            () => run.Clients.Where(which).All(client => IsRestored(run, client)),
            "every client is told of the restore",
            cancellationToken
        );

    private static bool IsRestored(FaultRun run, ResumingClient client) =>
        client.Has(e => e is { Kind: "reset", Reason: "restored" } && e.At >= run.FaultAt);

    private static bool HasReset(FaultRun run, ResumingClient client) => client.Has(e => e.Kind == "reset" && e.At >= run.FaultAt);

    private static IEnumerable<string> Unrestored(FaultRun run) => Unrestored(run, _ => true);

    private static IEnumerable<string> Unrestored(FaultRun run, Func<ResumingClient, bool> which) =>
        run
            .Clients.Where(client => which(client) && !IsRestored(run, client))
            .Select(client => $"client {client.Number} was not told that the server was restored");

    private static IEnumerable<string> FalselyRestored(FaultRun run) =>
        run
            .Clients.Where(client => IsRestored(run, client))
            .Select(client => $"client {client.Number} was told that the server was restored, and it was not: {Reset(client)}");

    private static ClientEvent Reset(ResumingClient client) => client.Events.First(e => e is { Kind: "reset", Reason: "restored" });
}
