namespace Vigia.Terminal.Tables;

/// <summary>What a table shows: rows in their order.</summary>
internal interface ITableRows
{
    /// <summary>Rows shown.</summary>
    int Count { get; }

    /// <summary>A row shown.</summary>
    TableRow this[int index] { get; }

    /// <summary>All rows, those a filter hides included.</summary>
    int Total { get; }

    /// <summary>True once everything that was there has been taken over: what is not shown is not there.</summary>
    bool IsCaughtUp { get; }

    /// <summary>Rows shown that are not well.</summary>
    int Faults { get; }

    /// <summary>Where a row stands; -1 where it is not shown.</summary>
    int IndexOf(RowKey key);

    /// <summary>
    /// The columns that the longest text of each column needs: <see cref="RowOrder.ByCluster"/>,
    /// <see cref="RowOrder.ByNamespace"/> and the entry's own.
    /// </summary>
    int WidthOf(int column);
}
