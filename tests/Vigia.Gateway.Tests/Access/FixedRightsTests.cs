using System.Globalization;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.Tests.Access;

/// <summary>Rights that a file of tokens gives: learned for thousands of names at the cost of their number.</summary>
public sealed class FixedRightsTests
{
    [Fact]
    public async Task Thousands_of_names_are_learned_at_once_and_each_is_asked_about_once()
    {
        var (asked, names) = (0, Enumerable.Range(0, 5000).Select(i => string.Create(CultureInfo.InvariantCulture, $"n{i}")).ToArray());
        var rights = new FixedRights(
            (_, ns) =>
            {
                asked++;
                return ns.EndsWith('0');
            }
        ).For(null!, AccessVerb.List);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await rights.PrepareAsync(names, TestContext.Current.CancellationToken);

        // A new set for each name took gigabytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        await rights.PrepareAsync(names, TestContext.Current.CancellationToken);
        rights.Ask("n7");
        Assert.Equal(names.Length, asked);
        Assert.All(names, ns => Assert.True(rights.Scope.Knows(ns)));
        Assert.Equal(500, names.Count(rights.Scope.Allows));
        Assert.False(rights.Scope.Knows("another"));
        rights.Ask("another");
        Assert.True(rights.Scope.Knows("another"));
    }
}
