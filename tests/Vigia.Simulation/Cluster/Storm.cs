using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Simulation.Scheduling;

namespace Vigia.Simulation.Cluster;

/// <summary>
/// What happens to a cluster during a run: its objects change, its watch caches lag, and its faults strike.
/// </summary>
internal sealed class Storm(
    Random random,
    SimulationClock clock,
    Truth truth,
    Faults faults,
    IReadOnlyList<ApiServer> servers,
    IReadOnlyList<SharedInformer> informers,
    ObjectKey[] keys,
    Action<string> note
)
{
    // More than one change can add to the revision.
    private const ulong Margin = 6;

    private ulong _seenBefore;

    private bool IsStormy => !faults.AreOver;

    /// <summary>Objects are created, changed, deleted and recreated, now and then many at once.</summary>
    public async Task ChangeAsync()
    {
        var pace = TimeSpan.FromSeconds(0.2 + (random.NextDouble() * 4));
        while (IsStormy)
        {
            await clock.Delay(pace * random.NextDouble() * 2);
            for (var burst = random.Next(8) == 0 ? random.Next(40) : 1; burst > 0 && IsStormy && !IsHeldBack; burst--)
            {
                var key = keys[random.Next(keys.Length)];
                switch (random.Next(10))
                {
                    case 0 or 1:
                        truth.Delete(key);
                        break;
                    case 2:
                        // Deleted and recreated within one breath.
                        truth.Delete(key);
                        truth.Put(key);
                        break;
                    case 3:
                        truth.PassTime();
                        break;
                    default:
                        truth.Put(key);
                        break;
                }
            }

            if (!faults.Lag)
            {
                Follow();
            }
        }
    }

    /// <summary>
    /// A restored server that has passed the revision last seen before anybody looked cannot be told from a healthy one
    /// by revisions (the audit's business): until everybody has noticed it stays behind.
    /// </summary>
    private bool IsHeldBack => truth.Revision + Margin >= _seenBefore && informers.Any(informer => informer.Counters.Resets < truth.Era);

    private ulong LeastSeen => informers.Min(informer => informer.Log.Revision.Number);

    /// <summary>The watch caches follow, each in its own time; bookmarks.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await clock.Delay(TimeSpan.FromSeconds(random.NextDouble() * 3), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var server = servers[random.Next(servers.Count)];
            if (!faults.Lag || !IsStormy || random.Next(3) > 0)
            {
                server.Follow(IsStormy && random.Next(2) == 0 ? random.Next(1, 20) : int.MaxValue);
            }

            if (!faults.NoBookmarks && random.Next(10) == 0)
            {
                server.ForEachWatch(watch => watch.Bookmark());
            }
        }
    }

    public async Task DisturbAsync()
    {
        while (IsStormy)
        {
            await clock.Delay(TimeSpan.FromSeconds(random.NextDouble() * 30));
            if (!IsStormy)
            {
                return;
            }

            var server = servers[random.Next(servers.Count)];
            switch (random.Next(10))
            {
                case 0 when faults.CutWatch:
                    Disturb("cut", server, watch => watch.Cut());
                    break;
                case 1 when faults.Freeze:
                    Disturb("freeze", server, watch => watch.Freeze());
                    break;
                case 2 when faults.Spoil:
                    Disturb("spoil", server, watch => watch.SpoilNext = true);
                    break;
                case 3 when faults.ErrorEvent:
                    var expired = random.Next(2) == 0;
                    Disturb(
                        "error event",
                        server,
                        watch => watch.Error(expired ? 410 : 500, expired ? "Expired" : "InternalError", "simulated")
                    );
                    break;
                case 4 when faults.EarlyEnd:
                    Disturb("end", server, watch => watch.End());
                    break;
                case 5 when faults.Compact:
                    note("compacted");
                    truth.Compact();
                    break;
                case 6 when faults.Restart:
                    note($"{server.Name} restarts");
                    server.Restart();
                    break;
                case 7 when faults.Restore:
                    truth.Backup();
                    break;
                case 8
                    when faults.Restore
                        && informers.All(informer => informer.Counters.Resets == truth.Era && informer.HasSynced)
                        && truth.BackupRevision + (2 * Margin) < LeastSeen:
                    (_seenBefore, var before) = (LeastSeen, truth.Revision);
                    if (truth.Restore())
                    {
                        note($"restored to {truth.Revision}, from {before}");
                        foreach (var each in servers)
                        {
                            each.Restart();
                        }
                    }

                    break;
            }
        }
    }

    private void Disturb(string what, ApiServer server, Action<WatchConnection> strike) =>
        server.ForEachWatch(watch =>
        {
            if (random.Next(2) == 0)
            {
                note($"{what} at {server.Name}");
                strike(watch);
            }
        });

    /// <summary>Every watch cache reads all there is.</summary>
    public void Follow()
    {
        foreach (var server in servers)
        {
            server.Follow();
        }
    }
}
