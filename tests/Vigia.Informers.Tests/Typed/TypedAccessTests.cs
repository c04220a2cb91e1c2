using System.Collections.Concurrent;
using Vigia.Informers.Tests.Reflecting;
using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Typed;

/// <summary>
/// Types at the edge: what is handed out, when it is deserialised, and what one that does not fit costs.
/// </summary>
public sealed class TypedAccessTests
{
    [Fact]
    public async Task A_typed_lister_gets_lists_and_chooses_by_label_and_index()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "red");
        fixture.Server.Put("b", "blue");
        await fixture.StartAsync();
        fixture.Informer.Store.AddIndexer("colour", o => [o.Labels[0].Value]);
        var all = fixture.Informer.Store.As(TestJson.Default.Labelled);

        Assert.Equal("red", all.InNamespace("default").Get("a")!.Metadata.Labels["value"]);
        Assert.Equal("a", all.Get(new ObjectKey("default", "a"))!.Metadata.Name);
        Assert.Null(all.InNamespace("default").Get("c"));
        Assert.Throws<InvalidOperationException>(() => all.Get("a"));
        Assert.Equal(["a", "b"], all.List().Select(o => o.Metadata.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["b"], all.List(labels => labels[0].Value == "blue").Select(o => o.Metadata.Name));
        Assert.Equal(["a"], all.ByIndex("colour", "red").Select(o => o.Metadata.Name));
        Assert.Empty(all.InNamespace("elsewhere").List());
    }

    [Fact]
    public async Task A_typed_lister_deserialises_while_it_is_enumerated_and_nothing_that_is_not_chosen()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "red");
        await fixture.StartAsync();
        var misfits = new Lister(fixture.Informer.Store).As(TestJson.Default.Misfit);

        Assert.Empty(misfits.List(labels => labels[0].Value == "blue"));
        var list = misfits.List();
        var error = Assert.Throws<ObjectFormatException>(() => list.Count());
        Assert.Contains("default/a@11 does not fit the type Misfit at $.metadata.name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_typed_handler_is_told_of_additions_updates_and_deletions_and_deserialises_when_asked()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a", "red");
        var seen = new ConcurrentQueue<string>();
        fixture.Informer.AddHandler(
            TestJson.Default.Labelled,
            new()
            {
                OnAdd = (o, initial) => seen.Enqueue($"+{Colour(o)} {initial}"),
                OnUpdate = (old, o) => seen.Enqueue($"{Colour(old!)} to {Colour(o)}"),
                OnDelete = (o, unknown) => seen.Enqueue($"-{Colour(o)} {unknown}"),
            }
        );
        await fixture.StartAsync();
        await Eventually.TrueAsync(() => seen.Count == 1, "the first list was told");
        fixture.Server.Put("a", "blue");
        fixture.Server.Delete("a");
        await Eventually.TrueAsync(() => seen.Count == 3, "all was told");

        Assert.Equal(["+red True", "red to blue", "-blue False"], seen);

        static string Colour(TypedObject<Labelled> o) => o.Value.Metadata.Labels["value"];
    }

    [Fact]
    public async Task An_object_that_does_not_fit_costs_a_typed_handler_that_change_and_only_where_it_looks()
    {
        await using var fixture = new InformerFixture();
        fixture.Server.Put("a");
        var keys = new ConcurrentQueue<string>();
        fixture.Informer.AddHandler(TestJson.Default.Misfit, new() { OnAdd = (o, _) => keys.Enqueue(o.Key.Name) });
        fixture.Informer.AddHandler(TestJson.Default.Misfit, new() { OnAdd = (o, _) => keys.Enqueue($"{o.Value.Metadata.Name}") });
        await fixture.StartAsync();
        fixture.Server.Put("b");
        await Eventually.TrueAsync(
            () => keys.Count == 2 && fixture.Informer.Counters.HandlerFailures == 2,
            "one saw both, the other failed twice"
        );

        Assert.Equal(["a", "b"], keys);
    }

    [Fact]
    public void A_typed_object_is_deserialised_once_and_not_before_it_is_asked_for()
    {
        var raw = RawObject.Parse("""{"metadata":{"name":"a","labels":{}}}"""u8);

        var fits = new TypedObject<Labelled>(raw, TestJson.Default.Labelled);
        var misfit = new TypedObject<Misfit>(raw, TestJson.Default.Misfit);

        Assert.Same(fits.Value, fits.Value);
        Assert.Same(raw, misfit.Raw);
        Assert.Throws<ObjectFormatException>(() => misfit.Value);
        Assert.NotSame(raw.As(TestJson.Default.Labelled), raw.As(TestJson.Default.Labelled));
    }
}
