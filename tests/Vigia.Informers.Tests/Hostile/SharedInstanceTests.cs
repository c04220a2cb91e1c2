using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Hostile;

/// <summary>
/// A user's lister-watcher may give one instance to several informers: a proxy with a cache, a file, a test double.
/// </summary>
public sealed class SharedInstanceTests
{
    [Fact]
    public void Two_stores_that_are_given_the_same_instances_do_not_disturb_each_other()
    {
        RawObject[] shared = [.. "xyz".Select((c, i) => StoreTests(c.ToString(), (ulong)i + 1))];
        var (left, right) = (new Store(), new Store());
        foreach (var o in shared)
        {
            left.Put(Store.Take(o));
        }

        foreach (var o in shared.Reverse())
        {
            right.Put(Store.Take(o));
        }

        left.Publish();
        right.Publish();
        left.Remove(new ObjectKey("a", "z"));
        left.Publish();

        Assert.Equal(["x", "y"], left.List().Select(o => o.Name).Order());
        Assert.NotNull(left.Get(new ObjectKey("a", "x")));
        Assert.Equal(["x", "y", "z"], right.List().Select(o => o.Name).Order());
        right.Remove(new ObjectKey("a", "x"));
        right.Publish();
        Assert.Equal(["y", "z"], right.List().Select(o => o.Name).Order());
        Assert.Empty(StoreCheck.FaultsOf(left, new Random(1)));
        Assert.Empty(StoreCheck.FaultsOf(right, new Random(1)));
    }

    [Fact]
    public void A_copy_is_the_same_version_with_the_same_bytes()
    {
        var o = StoreTests("x", 7);
        var first = Store.Take(o);
        var second = Store.Take(o);

        Assert.Same(o, first);
        Assert.NotSame(o, second);
        Assert.Equal(
            (o.Key, o.Uid, o.ResourceVersion, o.Length, o.Kind),
            (second.Key, second.Uid, second.ResourceVersion, second.Length, second.Kind)
        );
        using var bytes = o.Open();
        using var copied = second.Open();
        Assert.True(bytes.Span.SequenceEqual(copied.Span));
    }

    private static RawObject StoreTests(string name, ulong version) => Storing.StoreTests.Object("a", name, version, "v");
}
