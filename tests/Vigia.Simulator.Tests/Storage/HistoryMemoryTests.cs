using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Simulator.Tests.Storage;

/// <summary>
/// What is remembered has a bound in bytes over all types, and old versions are packed and read as they were.
/// </summary>
public sealed class HistoryMemoryTests
{
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;
    private static readonly GroupVersionResource Secrets = BuiltInTypes.Secrets.Gvr;

    [Fact]
    public void The_history_of_all_types_together_stays_within_its_bound()
    {
        var store = new ObjectStore(new ManualTimeProvider(), 1, new ObjectStoreOptions { TotalHistoryBytes = 200_000 });
        Fill(store, Maps, 300, changes: 5);
        Fill(store, Secrets, 300, changes: 5);
        Assert.InRange(store.HistoryBytes, 1, 200_000);

        // The oldest events went, whatever their type.
        Assert.Null(store.SnapshotAt(Maps, 10));
        Assert.NotNull(store.SnapshotAt(Secrets, store.Revision - 10));
    }

    [Fact]
    public void A_version_that_history_alone_holds_is_packed_and_reads_as_it_was()
    {
        var store = new ObjectStore(new ManualTimeProvider(), 1);
        Fill(store, Maps, 300, changes: 0);
        var (revision, before) = (store.Revision, Texts(store.Snapshot(Maps)));
        var plain = store.HistoryBytes;
        for (var i = 0; i < 5; i++)
        {
            Change(store, Maps, 300, $"round {i}");
        }

        // 1,500 further versions, of which all but the newest 256 that were replaced and the 300 that are current are
        // packed.
        Assert.InRange(store.HistoryBytes, 1, plain * 4);
        Assert.Equal(before, Texts(store.SnapshotAt(Maps, revision)!));
    }

    private static void Fill(ObjectStore store, GroupVersionResource gvr, int count, int changes)
    {
        for (var i = 0; i < count; i++)
        {
            store.Create(
                gvr,
                new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = $"o{i}",
                        ["namespace"] = "default",
                        ["annotations"] = new JsonObject
                        {
                            ["padding"] = string.Concat(Enumerable.Range(0, 40).Select(n => $"line {n} of {i}\n")),
                        },
                    },
                },
                "test"
            );
        }

        for (var i = 0; i < changes; i++)
        {
            Change(store, gvr, count, $"change {i}");
        }
    }

    private static void Change(ObjectStore store, GroupVersionResource gvr, int count, string note)
    {
        for (var i = 0; i < count; i++)
        {
            store.Mutate(
                gvr,
                new ObjectKey("default", $"o{i}"),
                obj => obj["metadata"]!["labels"] = new JsonObject { ["note"] = note.Replace(' ', '-') },
                "test"
            );
        }
    }

    private static string[] Texts(StoreSnapshot snapshot) => [.. snapshot.Items.Select(item => Encoding.UTF8.GetString(item.Utf8.Span))];
}
