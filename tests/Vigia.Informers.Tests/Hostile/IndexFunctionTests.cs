using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Hostile;

/// <summary>
/// Index functions that throw, lie and never end: the store stays right, the informer goes on, and it is told.
/// </summary>
public sealed class IndexFunctionTests
{
    [Fact]
    public async Task A_function_that_throws_for_an_object_costs_that_index_the_object_and_nothing_else()
    {
        await using var fixture = new InformerFixture();
        var thrown = 0;
        fixture.Informer.Store.AddIndexer(
            "bad",
            o => o.Name == "bad" && thrown++ < 3 ? throw new InvalidOperationException("thrown") : [o.Name]
        );
        fixture.Server.Put("good");
        await fixture.StartAsync();
        fixture.Server.Put("bad");
        await fixture.SeenAsync("+good", "+bad");

        Assert.Equal(["bad", "good"], fixture.Names);
        Assert.Empty(fixture.Informer.Store.ByIndex("bad", "bad"));
        Assert.Equal(1, fixture.Informer.Counters.IndexFailures);
        Assert.True(fixture.Informer.Freshness.IsLive);
        fixture.Server.Put("bad");
        fixture.Server.Put("bad");
        fixture.Server.Put("bad");
        await fixture.SeenAsync("+good", "+bad", "~bad", "~bad", "~bad");
        Assert.Equal(["bad"], fixture.Informer.Store.ByIndex("bad", "bad").Select(o => o.Name));
        fixture.Server.Delete("bad");
        await fixture.SeenAsync("+good", "+bad", "~bad", "~bad", "~bad", "-bad");

        Assert.Equal(["good"], fixture.Names);
        Assert.Empty(fixture.Informer.Store.ByIndex("bad", "bad"));
        Assert.Equal(AuditOutcome.Equal, (await fixture.Informer.AuditAsync(TestContext.Current.CancellationToken)).Outcome);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("throws late")]
    [InlineData("never ends")]
    [InlineData("null")]
    [InlineData("adds an index")]
    public void However_a_function_fails_the_object_is_stored_once_and_leaves_whole(string how)
    {
        var failures = new List<string>();
        var store = new Store((index, o, error) => failures.Add($"{index} {o.Name} {error.GetType().Name}"));
        store.AddIndexer(
            "bad",
            o =>
                how switch
                {
                    "throws" => throw new InvalidOperationException(),
                    "throws late" => Late(),
                    "never ends" => Endless(),
                    "null" => null!,
                    _ => AddsAnIndex(),
                }
        );
        store.AddIndexer("good", o => [o.Name]);
        for (ulong version = 1; version <= 3; version++)
        {
            store.Put(Store.Take(Storing.StoreTests.Object("a", "x", version, "v")));
            store.Publish();
        }

        Assert.Single(store.List());
        Assert.Equal("3", Assert.Single(store.ByIndex("good", "x")).ResourceVersion.ToString());
        Assert.Empty(store.IndexValues("bad"));
        Assert.Equal(3, failures.Count);
        store.Remove(new ObjectKey("a", "x"));
        store.Publish();
        Assert.Empty(store.List());
        Assert.Empty(store.ByIndex("good", "x"));

        IEnumerable<string> AddsAnIndex()
        {
            store.AddIndexer("more", _ => []);
            return [];
        }

        static IEnumerable<string> Late()
        {
            yield return "y";
            throw new InvalidOperationException();
        }

        static IEnumerable<string> Endless()
        {
            for (var i = 0; ; i++)
            {
                yield return $"{i}";
            }
        }
    }

    [Fact]
    public void A_function_that_answers_otherwise_each_time_leaves_no_ghosts()
    {
        var (store, calls) = (new Store(), 0);
        store.AddIndexer("lies", _ => [$"{calls++}"]);
        for (ulong version = 1; version <= 10; version++)
        {
            store.Put(Store.Take(Storing.StoreTests.Object("a", "x", version, "v")));
            store.Publish();
            Assert.Single(store.IndexValues("lies"));
        }

        store.Remove(new ObjectKey("a", "x"));
        store.Publish();
        Assert.Empty(store.IndexValues("lies"));
    }

    [Fact]
    public void An_index_that_is_added_late_and_throws_is_added_all_the_same()
    {
        var failures = 0;
        var store = new Store((_, _, _) => failures++);
        store.Put(Store.Take(Storing.StoreTests.Object("a", "x", 1, "v")));
        store.Put(Store.Take(Storing.StoreTests.Object("a", "y", 2, "v")));
        store.Publish();
        store.AddIndexer("late", o => o.Name == "x" ? throw new InvalidOperationException() : [o.Name]);

        Assert.Equal(["y"], store.IndexValues("late"));
        Assert.Equal(1, failures);
    }
}
