using Vigia.Catalog;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Tables;

/// <summary>Where an object is: its cluster (a number of this session) and its key.</summary>
internal readonly record struct RowKey(int Cluster, ObjectKey Key);

/// <summary>Why a row is lit up.</summary>
internal enum RowChange : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>It is new.</summary>
    Added,

    /// <summary>Cells of it changed.</summary>
    Updated,

    /// <summary>It is gone, and stays in sight for a moment.</summary>
    Deleted,
}

/// <summary>An object in a table. Owned by the thread that draws.</summary>
internal sealed class TableRow(RowKey key, string cluster, RawObject obj, Row row)
{
    public RowKey Key { get; } = key;

    /// <summary>The cluster's name.</summary>
    public string Cluster { get; } = cluster;

    public RawObject Object { get; set; } = obj;

    public Row Row { get; set; } = row;

    /// <summary>A bit for each column of the entry whose cell changed last.</summary>
    public ulong Changed { get; set; }

    public RowChange Change { get; set; }

    /// <summary>When, in UTC ticks.</summary>
    public long ChangedAt { get; set; }

    /// <summary>
    /// Where it stood by namespace and name when another order was chosen; -1 where that is not known. Of two rows that
    /// have it, the order of these is the order of their keys.
    /// </summary>
    public int Rank { get; set; } = -1;

    /// <summary>How well it fits a fuzzy search.</summary>
    public int Score { get; set; }

    /// <summary>True when another version, or nothing, stands in its place.</summary>
    public bool IsGone { get; set; }

    /// <summary>True once it stands in the list of all: within a batch it may come and go before that.</summary>
    public bool IsListed { get; set; }

    /// <summary>True while it stands in the shown list.</summary>
    public bool IsShown { get; set; }

    public string SearchText => Row.SearchText(Object);
}
