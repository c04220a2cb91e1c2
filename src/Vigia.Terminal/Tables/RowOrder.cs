using Vigia.Catalog;

namespace Vigia.Terminal.Tables;

/// <summary>The order of a table: by a column, then by cluster, namespace and name, so that it is total.</summary>
/// <param name="Column">
/// The entry's column; <see cref="ByNamespace"/> or <see cref="ByCluster"/> for those in front of it,
/// <see cref="ByScore"/> for a fuzzy search.
/// </param>
/// <param name="Descending">The other way round.</param>
internal readonly record struct RowOrder(int Column, bool Descending) : IComparer<TableRow>
{
    public const int ByNamespace = -1;
    public const int ByCluster = -2;
    public const int ByScore = -3;

    /// <summary>By namespace and name.</summary>
    public static RowOrder Default => new(ByNamespace, false);

    public int Compare(TableRow? left, TableRow? right)
    {
        if (ReferenceEquals(left, right))
        {
            return 0;
        }

        var order = Column switch
        {
            ByNamespace => string.CompareOrdinal(left!.Key.Key.Namespace, right!.Key.Key.Namespace),
            ByCluster => string.CompareOrdinal(left!.Cluster, right!.Cluster),
            ByScore => right!.Score.CompareTo(left!.Score),
            _ => CellOrder.Compare(left!.Row.Entry.Columns[Column].Type, left.Row[Column], right!.Row[Column]),
        };
        if (order != 0)
        {
            return Descending ? -order : order;
        }

        if (left.Rank >= 0 && right.Rank >= 0 && left.Rank != right.Rank)
        {
            return left.Rank.CompareTo(right.Rank);
        }

        order = left.Key.Key.CompareTo(right.Key.Key);
        return order != 0 ? order : left.Key.Cluster.CompareTo(right.Key.Cluster);
    }

    /// <summary>True where a new version stands at the place of the one before.</summary>
    public bool IsSamePlace(Row before, Row after) => Column < 0 || before[Column] == after[Column];
}
