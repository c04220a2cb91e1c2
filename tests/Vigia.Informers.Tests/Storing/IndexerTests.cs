using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Storing;

/// <summary>Indexes and listers (docs/conformance.md 71 to 79).</summary>
public sealed class IndexerTests
{
    [Fact]
    public void An_index_value_is_added_changed_and_removed_with_its_object()
    {
        var store = Colours();
        Put(store, "x", 1, "red");
        Assert.Equal(["x"], Names(store.ByIndex("colour", "red")));
        Put(store, "x", 2, "blue");
        Assert.Empty(store.ByIndex("colour", "red"));
        Assert.Equal(["x"], Names(store.ByIndex("colour", "blue")));
        store.Remove(new ObjectKey("a", "x"));
        store.Publish();

        Assert.Empty(store.ByIndex("colour", "blue"));
    }

    [Fact]
    public void A_value_without_objects_is_no_longer_among_the_values_and_one_with_objects_is()
    {
        var store = Colours();
        Put(store, "x", 1, "red");
        Put(store, "y", 2, "red");
        Put(store, "z", 3, "blue");
        store.Remove(new ObjectKey("a", "x"));
        store.Remove(new ObjectKey("a", "z"));
        store.Publish();

        Assert.Equal(["red"], store.IndexValues("colour"));
        Assert.Equal(["y"], Names(store.ByIndex("colour", "red")));
    }

    [Fact]
    public void An_object_under_several_values_is_found_under_each_and_leaves_those_it_loses()
    {
        var store = new Store();
        store.AddIndexer("words", o => o.Labels[0].Value.Split('.'));
        Put(store, "x", 1, "red.round");
        Put(store, "y", 2, "red");
        Assert.Equal(["x", "y"], Names(store.ByIndex("words", "red")));
        Assert.Equal(["x"], Names(store.ByIndex("words", "round")));
        Put(store, "x", 3, "round.flat");

        Assert.Equal(["y"], Names(store.ByIndex("words", "red")));
        Assert.Equal(["x"], Names(store.ByIndex("words", "round")));
        Assert.Equal(["x"], Names(store.ByIndex("words", "flat")));
        Assert.Equal("3", Assert.Single(store.ByIndex("words", "round")).ResourceVersion.ToString());
    }

    [Fact]
    public void A_function_that_gives_a_value_twice_or_none_is_fine()
    {
        var store = new Store();
        store.AddIndexer("words", o => o.Labels[0].Value.Split('.', StringSplitOptions.RemoveEmptyEntries));
        Put(store, "twice", 1, "red.red");
        Put(store, "none", 2, "");
        Assert.Equal(["twice"], Names(store.ByIndex("words", "red")));
        store.Remove(new ObjectKey("a", "twice"));
        store.Remove(new ObjectKey("a", "none"));
        store.Publish();

        Assert.Empty(store.IndexValues("words"));
    }

    [Fact]
    public void A_lister_lists_everything_or_one_namespace_and_gets_by_name()
    {
        var store = new Store();
        foreach (var ns in new[] { "a", "b" })
        {
            store.Put(StoreTests.Object(ns, "x", 1, "red"));
            store.Put(StoreTests.Object(ns, "y", 2, "blue"));
        }

        store.Publish();
        var lister = new Lister(store);

        Assert.Equal(4, lister.List().Count);
        Assert.Equal(["x", "y"], Names(lister.InNamespace("a").List()));
        Assert.Empty(lister.InNamespace("c").List());
        Assert.Equal("b", lister.InNamespace("b").Get("x")!.Namespace);
        Assert.Null(lister.InNamespace("b").Get("z"));
        Assert.Throws<InvalidOperationException>(() => lister.Get("x"));
    }

    [Fact]
    public void A_lister_matches_a_label_selector_over_all_and_in_a_namespace()
    {
        var store = new Store();
        store.Put(StoreTests.Object("a", "x", 1, "red"));
        store.Put(StoreTests.Object("a", "y", 2, "blue"));
        store.Put(StoreTests.Object("b", "z", 3, "red"));
        store.Publish();
        var red = LabelSelector.Parse("value=red");

        Assert.Equal(["x", "z"], new Lister(store).List(red.Matches).Select(o => o.Name).Order());
        Assert.Equal(["x"], new Lister(store, "a").List(red.Matches).Select(o => o.Name));
    }

    private static Store Colours()
    {
        var store = new Store();
        store.AddIndexer("colour", o => [o.Labels[0].Value]);
        return store;
    }

    private static void Put(Store store, string name, ulong version, string value)
    {
        store.Put(StoreTests.Object("a", name, version, value));
        store.Publish();
    }

    private static IEnumerable<string> Names(IEnumerable<RawObject> objects) => objects.Select(o => o.Name).Order(StringComparer.Ordinal);
}
