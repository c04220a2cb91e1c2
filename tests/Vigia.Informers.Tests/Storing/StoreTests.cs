using System.Text;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Storing;

public sealed class StoreTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_changes_leave_store_lists_and_indexes_equal_to_a_plain_dictionary()
    {
        const int seed = 7;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var store = new Store();
        store.AddIndexer("value", o => [o.Labels.TryGetValue("value", out var value) ? value : ""]);
        var model = new Dictionary<ObjectKey, RawObject>();
        for (var round = 0; round < 3000; round++)
        {
            // Several changes become visible at once, as a batch does.
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var key = new ObjectKey($"ns-{random.Next(5)}", $"pod-{random.Next(400)}");
                if (random.Next(3) == 0)
                {
                    Assert.Equal(model.Remove(key, out var held) ? held : null, store.Remove(key));
                }
                else
                {
                    var o = Object(key.Namespace, key.Name, (ulong)round + 1, $"v{random.Next(3)}");
                    model[key] = o;
                    store.Put(o);
                }
            }

            store.Publish();
            if (round % 50 == 0 || round > 2990)
            {
                AssertEqual(model, store);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_difference_of_two_snapshots_is_what_was_put_and_removed_between_them(int seed)
    {
        var random = new Random(seed);
        var store = new Store();
        var earlier = store.List();
        var held = new Dictionary<ObjectKey, RawObject>();
        for (var round = 0; round < 200; round++)
        {
            var before = held.Values.ToHashSet();
            for (var change = random.Next(round % 20 == 0 ? 2000 : 5); change > 0; change--)
            {
                var key = new ObjectKey("default", $"p{random.Next(3000)}");
                if (random.Next(3) == 0)
                {
                    held.Remove(key);
                    store.Remove(key);
                }
                else
                {
                    store.Put(held[key] = Object(key.Namespace, key.Name, (ulong)round + 1, "v"));
                }
            }

            store.Publish();
            var (gone, come) = (new List<RawObject>(), new List<RawObject>());
            store.List().DifferencesFrom(earlier, gone, come);
            Assert.Equal(before.Except(held.Values).OrderBy(o => o.Key), gone.OrderBy(o => o.Key));
            Assert.Equal(held.Values.Except(before).OrderBy(o => o.Key), come.OrderBy(o => o.Key));
            earlier = store.List();
        }
    }

    [Fact]
    public void A_snapshot_never_changes_whatever_happens_after_it()
    {
        var store = new Store();
        for (var i = 0; i < 1000; i++)
        {
            store.Put(Object("default", $"p{i}", 1, "a"));
        }

        store.Publish();
        var snapshot = store.List();
        var before = snapshot.ToArray();
        for (var i = 0; i < 1000; i += 2)
        {
            store.Remove(new ObjectKey("default", $"p{i}"));
            store.Put(Object("default", $"p{i + 1}", 2, "b"));
            store.Publish();
        }

        Assert.Equal(before, snapshot);
        Assert.Equal(500, store.List().Count);
    }

    [Fact]
    public void Lists_of_an_unchanged_store_are_the_same_object()
    {
        var store = new Store();
        store.Put(Object("a", "x", 1, ""));
        store.Publish();

        Assert.Same(store.List(), store.List());
        Assert.Same(store.List("a"), store.List("a"));
    }

    [Fact]
    public void An_index_added_late_has_what_was_there_before()
    {
        var store = new Store();
        store.Put(Object("a", "x", 1, "red"));
        store.Put(Object("a", "y", 2, "blue"));
        store.Publish();

        store.AddIndexer("colour", o => [o.Labels[0].Value]);

        Assert.Equal("x", Assert.Single(store.ByIndex("colour", "red")).Name);
        store.Remove(new ObjectKey("a", "x"));
        store.Publish();
        Assert.Empty(store.ByIndex("colour", "red"));
        Assert.Equal(["blue"], store.IndexValues("colour"));
        Assert.Throws<ArgumentException>(() => store.ByIndex("shape", "round"));
        Assert.Throws<ArgumentException>(() => store.AddIndexer("colour", _ => []));
    }

    [Fact]
    public async Task Readers_never_see_half_a_change_while_the_writer_writes()
    {
        var store = new Store();
        for (var i = 0; i < 600; i++)
        {
            store.Put(Object("default", $"p{i}", 1, ""));
        }

        store.Publish();
        using var done = new CancellationTokenSource();
        var readers = Enumerable
            .Range(0, 2)
            .Select(_ =>
                Task.Run(
                    () =>
                    {
                        while (!done.IsCancellationRequested)
                        {
                            // Two objects are always replaced together.
                            var versions = store
                                .List()
                                .Where(o => o.Name is "p3" or "p599")
                                .Select(o => o.ResourceVersion)
                                .Distinct()
                                .Count();
                            Assert.Equal(1, versions);
                            Assert.Equal(600, store.List("default").Count);
                        }
                    },
                    TestContext.Current.CancellationToken
                )
            )
            .ToArray();
        for (ulong version = 2; version < 5000; version++)
        {
            store.Put(Object("default", "p3", version, ""));
            store.Put(Object("default", "p599", version, ""));
            store.Publish();
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    internal static RawObject Object(string ns, string name, ulong version, string value) =>
        RawObject.Parse(
            Encoding.UTF8.GetBytes(
                $$$"""
                {"metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}","uid":"u-{{{ns}}}-{{{name}}}",
                 "resourceVersion":"{{{version}}}","labels":{"value":"{{{value}}}"} } }
                """
            )
        );

    private static void AssertEqual(Dictionary<ObjectKey, RawObject> model, Store store)
    {
        Assert.Equal(model.Values.OrderBy(o => o.Key), store.List().OrderBy(o => o.Key));
        Assert.Equal(model.Count, store.Count);
        foreach (var ns in model.Keys.Select(key => key.Namespace).Distinct())
        {
            Assert.Equal(model.Values.Where(o => o.Namespace == ns).OrderBy(o => o.Key), store.List(ns).OrderBy(o => o.Key));
        }

        foreach (var value in new[] { "v0", "v1", "v2" })
        {
            Assert.Equal(
                model.Values.Where(o => o.Labels.ToString() == $"value={value}").OrderBy(o => o.Key),
                store.ByIndex("value", value).OrderBy(o => o.Key)
            );
        }

        Assert.All(model, pair => Assert.Same(pair.Value, store.Get(pair.Key)));
    }
}
