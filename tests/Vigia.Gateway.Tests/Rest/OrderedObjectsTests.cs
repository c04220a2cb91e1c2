using System.Globalization;
using System.Text;
using Vigia.Gateway.Endpoints.Lists;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Tests.Rest;

/// <summary>An order that is kept as objects come and go: always that of a sort, at the cost of a search.</summary>
public sealed class OrderedObjectsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changes_one_by_one_lead_to_the_same_order_as_a_sort(int seed)
    {
        var random = new Random(seed);
        var (held, ordered) = (new List<RawObject>(), new OrderedObjects(ByName));
        ordered.Fill(held);
        for (var step = 0; step < 6000; step++)
        {
            // First it grows past several chunks, then it shrinks to nothing.
            if (random.Next(100) < (step < 3000 ? 90 : 10) || held.Count == 0)
            {
                var o = Make(step, random.Next(1_000_000));
                held.Add(o);
                ordered.Add(o);
            }
            else
            {
                var at = random.Next(held.Count);
                Assert.True(ordered.Remove(held[at]));
                held.RemoveAt(at);
            }

            if (step % 500 == 0)
            {
                Assert.Equal(held.Order(Comparer<RawObject>.Create(ByName)), ordered.Range(0, int.MaxValue));
            }
        }

        var expected = held.Order(Comparer<RawObject>.Create(ByName)).ToArray();
        Assert.Equal(expected.Length, ordered.Count);
        for (var from = 0; from <= expected.Length + 10; from += 7)
        {
            Assert.Equal(expected.Skip(from).Take(10), ordered.Range(from, 10));
        }
    }

    [Fact]
    public void A_version_that_is_not_held_is_not_removed()
    {
        var ordered = new OrderedObjects(ByName);
        Assert.False(ordered.Remove(Make(1, 1)));
        ordered.Add(Make(1, 1));
        Assert.False(ordered.Remove(Make(1, 1)));
        Assert.Equal(1, ordered.Count);
    }

    [Fact]
    public void A_change_among_ten_thousand_costs_two_searches()
    {
        var compared = 0;
        var objects = Enumerable.Range(0, 10_000).Select(i => Make(i, i * 7919 % 10_007)).ToArray();
        var ordered = new OrderedObjects(
            (left, right) =>
            {
                compared++;
                return ByName(left, right);
            }
        );
        ordered.Fill(objects);
        compared = 0;
        Assert.True(ordered.Remove(objects[4711]));
        ordered.Add(objects[4711]);
        Assert.InRange(compared, 1, 40);
    }

    private static int ByName(RawObject left, RawObject right) => left.Key.CompareTo(right.Key);

    private static RawObject Make(int number, int name) =>
        RawObject.Parse(
            Encoding.UTF8.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $$$"""
                    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p{{{name:D7}}}-{{{number}}}","namespace":"default",
                     "uid":"{{{number}}}","resourceVersion":"{{{number + 1}}}"}}
                    """
                )
            )
        );
}
