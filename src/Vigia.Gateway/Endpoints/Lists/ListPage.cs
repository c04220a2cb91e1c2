using Vigia.Catalog;
using Vigia.Gateway.Http;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>One page of a list, and how many objects there are in all, without putting everything in order.</summary>
/// <remarks>
/// Objects are offered one by one and only the first <c>page × limit</c> are kept, so that a page near the front costs
/// one comparison for each object. A page far behind keeps, and sorts, more.
/// </remarks>
internal sealed class ListPage(ResourceEntry entry, ListRequestParameters order)
{
    private readonly FirstOf<(ResourceFeed Feed, RawObject Object)> _first = new(
        (long)order.Page * order.Limit,
        new ListOrder(entry, order.Sort).Compare
    );

    /// <summary>Objects that were offered.</summary>
    public int Total => _first.Offered;

    /// <summary>Offers an object.</summary>
    public void Offer(ResourceFeed feed, RawObject o) => _first.Offer((feed, o));

    /// <summary>The page's objects, in order. Call it once.</summary>
    public IReadOnlyList<(ResourceFeed Feed, RawObject Object)> Items()
    {
        var first = _first.Take();
        var from = (int)Math.Min((order.Page - 1L) * order.Limit, first.Count);
        return first.GetRange(from, Math.Min(order.Limit, first.Count - from));
    }
}
