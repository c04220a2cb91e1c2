using Vigia.Catalog;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>
/// The order of a list: the requested columns, then namespace, name and cluster, so that pages have a fixed order.
/// </summary>
internal sealed class ListOrder(ResourceEntry entry, IReadOnlyList<(int Column, bool Descending)> sort)
{
    public int Compare((ResourceFeed Feed, RawObject Object) first, (ResourceFeed Feed, RawObject Object) second)
    {
        var (left, right) = (first.Object, second.Object);
        for (var i = 0; i < sort.Count; i++)
        {
            var (column, descending) = sort[i];
            var result = column switch
            {
                ListRequestParameters.ByCluster => string.CompareOrdinal(first.Feed.Cluster, second.Feed.Cluster),
                ListRequestParameters.ByNamespace => string.CompareOrdinal(left.Namespace, right.Namespace),
                ListRequestParameters.ByName => string.CompareOrdinal(left.Name, right.Name),
                _ => CellOrder.Compare(entry.Columns[column].Type, entry.RowOf(left)[column], entry.RowOf(right)[column]),
            };
            if (result != 0)
            {
                return descending ? -result : result;
            }
        }

        var byKey = left.Key.CompareTo(right.Key);
        return byKey != 0 ? byKey : string.CompareOrdinal(first.Feed.Cluster, second.Feed.Cluster);
    }
}
