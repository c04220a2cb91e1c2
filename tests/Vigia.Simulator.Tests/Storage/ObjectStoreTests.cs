using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Simulator.Tests.Storage;

public sealed class ObjectStoreTests
{
    private static readonly GroupVersionResource Maps = BuiltInTypes.ConfigMaps.Gvr;
    private readonly ObjectStore _store = new(TimeProvider.System, 7);

    [Fact]
    public void Same_seed_gives_same_uids_and_generated_names()
    {
        static string Make()
        {
            var store = new ObjectStore(TimeProvider.System, 42);
            var made = store.Create(
                Maps,
                new JsonObject
                {
                    ["metadata"] = new JsonObject { ["generateName"] = "a-", ["namespace"] = "default" },
                },
                "test"
            );
            return made.Key.Name + made.Uid;
        }

        Assert.Equal(Make(), Make());
    }

    [Fact]
    public void A_write_with_an_old_resourceVersion_is_a_conflict_and_one_without_is_not()
    {
        var first = _store.Create(Maps, Fixture.ConfigMap("a"), "test").ToJson();
        _store.Mutate(Maps, new("default", "a"), o => o["data"]!["v"] = "2", "test");
        first["data"]!["v"] = "3";

        Assert.Equal(409, Assert.Throws<StatusException>(() => _store.Update(Maps, first, "test")).Code);
        first["metadata"]!.AsObject().Remove("resourceVersion");
        Assert.Equal("3", (string?)_store.Update(Maps, first, "test").ToJson()["data"]!["v"]);
    }

    [Fact]
    public void A_write_that_changes_nothing_takes_no_revision()
    {
        _store.Create(Maps, Fixture.ConfigMap("a"), "test");
        var revision = _store.Revision;

        _store.Mutate(Maps, new("default", "a"), o => o["data"]!["v"] = "1", "another");

        Assert.Equal(revision, _store.Revision);
    }

    [Fact]
    public void Generation_counts_spec_changes_and_not_status_or_labels()
    {
        var gvr = BuiltInTypes.Deployments.Gvr;
        var key = new ObjectKey("default", "d");
        _store.Create(
            gvr,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "d", ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["replicas"] = 1 },
            },
            "test"
        );

        _store.Mutate(gvr, key, o => o["status"] = new JsonObject { ["replicas"] = 1 }, "test", "status");
        _store.Mutate(gvr, key, o => o["metadata"]!["labels"] = new JsonObject { ["a"] = "b" }, "test");
        Assert.Equal(1, (int)_store.Get(gvr, key)!.ToJson()["metadata"]!["generation"]!);

        _store.Mutate(gvr, key, o => o["spec"]!["replicas"] = 2, "test");
        Assert.Equal(2, (int)_store.Get(gvr, key)!.ToJson()["metadata"]!["generation"]!);
    }

    [Fact]
    public void Deleting_an_owner_deletes_what_it_owns_but_not_what_another_owns_too()
    {
        var (a, b) = (_store.Create(Maps, Fixture.ConfigMap("a"), "test"), _store.Create(Maps, Fixture.ConfigMap("b"), "test"));
        Own("only-a", a);
        Own("both", a, b);

        _store.Delete(Maps, a.Key);

        Assert.Null(_store.Get(Maps, new("default", "only-a")));
        Assert.Equal([b.Uid], _store.Get(Maps, new("default", "both"))!.OwnerUids);

        void Own(string name, params StoredObject[] owners)
        {
            var obj = Fixture.ConfigMap(name);
            obj["metadata"]!["ownerReferences"] = new JsonArray([
                .. owners.Select(o =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["apiVersion"] = "v1",
                            ["kind"] = "ConfigMap",
                            ["name"] = o.Key.Name,
                            ["uid"] = o.Uid,
                        }
                ),
            ]);
            _store.Create(Maps, obj, "test");
        }
    }

    [Theory]
    [InlineData("Foreground", false)]
    [InlineData("Orphan", true)]
    public void Propagation_policy_decides_what_happens_to_dependents(string policy, bool stays)
    {
        var owner = _store.Create(Maps, Fixture.ConfigMap("a"), "test");
        var obj = Fixture.ConfigMap("child");
        obj["metadata"]!["ownerReferences"] = new JsonArray(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["name"] = "a",
                ["uid"] = owner.Uid,
            }
        );
        _store.Create(Maps, obj, "test");

        _store.Delete(Maps, owner.Key, new DeletionOptions { PropagationPolicy = policy });

        Assert.Null(_store.Get(Maps, owner.Key));
        Assert.Equal(stays, _store.Get(Maps, new("default", "child")) is not null);
    }

    [Fact]
    public void A_finalizer_holds_a_deletion_up_until_it_is_taken_away()
    {
        var obj = Fixture.ConfigMap("a");
        obj["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        var key = _store.Create(Maps, obj, "test").Key;

        Assert.True(_store.Delete(Maps, key)!.IsDeleting);
        Assert.NotNull(_store.Get(Maps, key));
        _store.Mutate(Maps, key, o => o["metadata"]!.AsObject().Remove("finalizers"), "test");

        Assert.Null(_store.Get(Maps, key));
    }

    [Fact]
    public void A_pod_on_a_node_is_deleted_gracefully_only_while_a_cluster_lives()
    {
        var pods = BuiltInTypes.Pods.Gvr;
        JsonObject Pod(string name) =>
            new()
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
                ["spec"] = new JsonObject { ["nodeName"] = "n1" },
            };
        _store.Create(pods, Pod("a"), "test");
        _store.Delete(pods, new("default", "a"));
        Assert.Null(_store.Get(pods, new("default", "a")));

        _store.GracefulPodDeletion = true;
        _store.Create(pods, Pod("b"), "test");
        _store.Delete(pods, new("default", "b"));
        Assert.True(_store.Get(pods, new("default", "b"))!.IsDeleting);
        _store.Delete(pods, new("default", "b"), new DeletionOptions { GracePeriodSeconds = 0 });
        Assert.Null(_store.Get(pods, new("default", "b")));
    }

    [Fact]
    public void Deleting_a_namespace_takes_its_contents_and_refuses_new_ones()
    {
        _store.Create(BuiltInTypes.Namespaces.Gvr, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "n" } }, "test");
        var held = Fixture.ConfigMap("held", ns: "n");
        held["metadata"]!["finalizers"] = new JsonArray("example.com/hold");
        _store.Create(Maps, held, "test");
        _store.Create(Maps, Fixture.ConfigMap("free", ns: "n"), "test");

        _store.Delete(BuiltInTypes.Namespaces.Gvr, new("", "n"));
        Assert.Null(_store.Get(Maps, new("n", "free")));
        Assert.Equal(403, Assert.Throws<StatusException>(() => _store.Create(Maps, Fixture.ConfigMap("late", ns: "n"), "test")).Code);

        _store.Mutate(Maps, new("n", "held"), o => o["metadata"]!.AsObject().Remove("finalizers"), "test");
        Assert.Null(_store.Get(BuiltInTypes.Namespaces.Gvr, new("", "n")));
        Assert.Equal(404, Assert.Throws<StatusException>(() => _store.Create(Maps, Fixture.ConfigMap("late", ns: "n"), "test")).Code);
    }

    [Fact]
    public void The_state_at_an_earlier_revision_is_found_by_undoing_history()
    {
        _store.Create(Maps, Fixture.ConfigMap("a"), "test");
        _store.Create(Maps, Fixture.ConfigMap("b"), "test");
        var revision = _store.Revision;
        _store.Delete(Maps, new("default", "a"));
        _store.Mutate(Maps, new("default", "b"), o => o["data"]!["v"] = "2", "test");
        _store.Create(Maps, Fixture.ConfigMap("c"), "test");

        var past = _store.SnapshotAt(Maps, revision)!;
        Assert.Equal(["a", "b"], past.Items.Select(i => i.Key.Name));
        Assert.Equal("1", (string?)past.Items[1].ToJson()["data"]!["v"]);

        _store.Compact();
        Assert.Null(_store.SnapshotAt(Maps, revision));
    }

    [Fact]
    public void Ten_thousand_raw_pods_of_twenty_kilobytes_are_seeded_within_seconds()
    {
        var filler = new string('x', 20_000);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 10_000; i++)
        {
            var json =
                $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p-{{{i:D5}}}","namespace":"default","annotations":"""
                + $$$"""{"a":"{{{filler}}}"}},"spec":{"nodeName":"n{{{i % 10}}}"}}""";
            _store.CreateRaw(BuiltInTypes.Pods.Gvr, System.Text.Encoding.UTF8.GetBytes(json));
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"took {watch.Elapsed}");
        var one = _store.Get(BuiltInTypes.Pods.Gvr, new("default", "p-00042"))!;
        Assert.Equal("n2", one.Field("spec.nodeName"));
        Assert.Equal(
            one.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture),
            (string?)one.ToJson()["metadata"]!["resourceVersion"]
        );
    }
}
