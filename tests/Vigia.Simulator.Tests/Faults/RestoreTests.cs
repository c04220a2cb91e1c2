using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Faults;

/// <summary>History that is gone: compacted away, or undone by a restore.</summary>
public sealed class RestoreTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;

    [Fact]
    public async Task Compaction_expires_watches_lists_and_continue_tokens_from_before_and_nothing_after()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        var old = store.Create(Maps, Fixture.ConfigMap("a"), "test").Revision;
        store.Create(Maps, Fixture.ConfigMap("b"), "test");
        var token = (string)(await fixture.GetAsync(Path + "?limit=1"))["metadata"]!["continue"]!;
        var kept = store.Create(Maps, Fixture.ConfigMap("c"), "test").Revision;
        store.Create(Maps, Fixture.ConfigMap("d"), "test");
        using var open = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={store.Revision}");

        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", $$"""{"action":"compact","revision":{{kept}}}""");

        using (var watch = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={old}"))
        {
            Assert.Equal(410, (int)(await watch.NextAsync())!.Value.Object["code"]!);
            Assert.Null(await watch.NextAsync());
        }

        await fixture.GetAsync($"{Path}?resourceVersion={old}&resourceVersionMatch=Exact", 410);
        var expired = await fixture.GetAsync($"{Path}?limit=1&continue={token}", 410);
        Assert.Equal("Expired", (string?)expired["reason"]);
        Assert.NotNull(expired["metadata"]!["continue"]);
        Assert.Equal(3, (await fixture.GetAsync($"{Path}?resourceVersion={kept}&resourceVersionMatch=Exact"))["items"]!.AsArray().Count);
        using var later = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={kept}");
        Assert.Equal("ADDED d", await later.TextAsync());
        store.Create(Maps, Fixture.ConfigMap("e"), "test");
        Assert.Equal("ADDED e", await open.TextAsync()); // it was past the compaction, and goes on
        Assert.Equal(1, fixture.Simulator.Faults.Counts["compact"]);
    }

    [Fact]
    public async Task A_restore_cuts_connections_and_gives_revisions_out_a_second_time()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        store.Create(Maps, Fixture.ConfigMap("kept"), "test");
        store.Create(Maps, Fixture.ConfigMap("changed", "before"), "test");
        var backup = fixture.Simulator.Snapshot();
        store.Mutate(Maps, new("default", "changed"), o => o["data"]!["v"] = "after", "test");
        var lost = store.Create(Maps, Fixture.ConfigMap("lost"), "test");
        store.Delete(Maps, new("default", "kept"));
        var token = (string)(await fixture.GetAsync(Path + "?limit=1"))["metadata"]!["continue"]!;
        var last = store.Revision;
        using var watch = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={last}");

        fixture.Simulator.Restore(backup);

        Assert.True((await watch.RestAsync()).Broke, "the watch broke");
        var list = await fixture.GetAsync(Path);
        Assert.Equal(backup.Revision, Revision(list));
        Assert.Equal(
            ["changed=before", "kept=1"],
            list["items"]!.AsArray().Select(i => $"{(string)i!["metadata"]!["name"]!}={(string)i["data"]!["v"]!}")
        );
        await fixture.GetAsync($"{Path}?resourceVersion={last}&resourceVersionMatch=NotOlderThan", 504);
        var future = await fixture.GetAsync($"{Path}?resourceVersion={last}&resourceVersionMatch=Exact", 500);
        Assert.Contains("future revision", (string?)future["message"], StringComparison.Ordinal);
        await fixture.GetAsync($"{Path}?limit=1&continue={token}", 500);

        // A watch from a revision of the life that never was stays silent until the counter gets there: the trap
        // itself.
        using var ahead = await fixture.WatchAsync($"{Path}?watch=true&resourceVersion={last}");
        StoredObject again;
        do
        {
            again = store.Create(Maps, Fixture.ConfigMap($"new-{store.Revision}"), "test");
        } while (again.Revision <= last);

        Assert.Equal($"ADDED {again.Key.Name}", await ahead.TextAsync());
        Assert.NotEqual(lost.Uid, store.List(Maps, "default").Single(o => o.Revision == lost.Revision).Uid);
        Assert.Equal(1, fixture.Simulator.Faults.Counts["restore"]);
    }

    [Fact]
    public async Task A_restore_is_to_be_had_over_http_by_number()
    {
        await using var fixture = await Fixture.StartAsync();
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("a"), "test");
        var first = await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"snapshot"}""");
        fixture.Simulator.Store.Create(Maps, Fixture.ConfigMap("b"), "test");
        await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"snapshot"}""");

        var restored = await fixture.SendAsync(HttpMethod.Post, "/simulator/faults", """{"action":"restore","snapshot":1}""");

        Assert.Equal((long)first["revision"]!, (long)restored["revision"]!);
        Assert.Single(fixture.Simulator.Store.List(Maps, "default"));
    }

    [Fact]
    public async Task Owners_namespaces_and_types_work_after_a_restore()
    {
        await using var fixture = await Fixture.StartAsync();
        var store = fixture.Simulator.Store;
        var owner = store.Create(Maps, Fixture.ConfigMap("owner"), "test");
        var owned = Fixture.ConfigMap("owned");
        owned["metadata"]!["ownerReferences"] = new JsonArray(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["name"] = "owner",
                ["uid"] = owner.Uid,
            }
        );
        store.Create(Maps, owned, "test");
        var backup = store.Snapshot();
        store.Delete(Maps, owner.Key);
        Assert.Empty(store.List(Maps, "default"));
        var told = new List<string>();
        using var subscription = store.Subscribe(Maps, c => told.Add($"{c.Kind} {c.Item.Key.Name}@{c.Revision}"));

        fixture.Simulator.Restore(backup);
        Assert.Equal([$"Added owned@{backup.Revision}", $"Added owner@{backup.Revision}"], told);
        store.Delete(Maps, owner.Key);
        Assert.Empty(store.List(Maps, "default"));
        await fixture.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default", null);
        Assert.Null(store.Get(BuiltInTypes.Namespaces.Gvr, new("", "default")));
    }

    private static long Revision(JsonObject obj) =>
        long.Parse((string)obj["metadata"]!["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);
}
