using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>One page of a list, and how many objects there are in all, without putting everything in order.</summary>
/// <remarks>
/// Objects are offered one by one and only the first <c>page × limit</c> are kept (a heap whose top is the last of them), so that a page near the front costs one comparison an object. A page far behind keeps, and sorts, more; it is as right.
/// </remarks>
internal sealed class ListPage(ResourceEntry entry, ListRequestParameters order)
{
    private readonly ListOrder _order = new(entry, order.Sort);
    private readonly List<(ResourceFeed Feed, RawObject Object)> _kept = [];
    private readonly long _wanted = (long)order.Page * order.Limit;

    /// <summary>Objects that were offered.</summary>
    public int Total { get; private set; }

    /// <summary>Offers an object.</summary>
    public void Offer(ResourceFeed feed, RawObject o)
    {
        Total++;
        if (_kept.Count < _wanted)
        {
            _kept.Add((feed, o));
            Up(_kept.Count - 1);
        }
        else if (_order.Compare((feed, o), _kept[0]) < 0)
        {
            _kept[0] = (feed, o);
            Down();
        }
    }

    /// <summary>The page's objects, in order.</summary>
    public IReadOnlyList<(ResourceFeed Feed, RawObject Object)> Items()
    {
        _kept.Sort(_order.Compare);
        var from = (int)Math.Min((order.Page - 1L) * order.Limit, _kept.Count);
        return _kept.GetRange(from, Math.Min(order.Limit, _kept.Count - from));
    }

    private void Up(int i)
    {
        while (i > 0 && _order.Compare(_kept[i], _kept[(i - 1) / 2]) > 0)
        {
            (_kept[i], _kept[(i - 1) / 2]) = (_kept[(i - 1) / 2], _kept[i]);
            i = (i - 1) / 2;
        }
    }

    private void Down()
    {
        for (var i = 0; ;)
        {
            var child = (2 * i) + 1;
            if (child >= _kept.Count)
            {
                return;
            }

            child = child + 1 < _kept.Count && _order.Compare(_kept[child + 1], _kept[child]) > 0 ? child + 1 : child;
            if (_order.Compare(_kept[child], _kept[i]) <= 0)
            {
                return;
            }

            (_kept[i], _kept[child]) = (_kept[child], _kept[i]);
            i = child;
        }
    }
}
