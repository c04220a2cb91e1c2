using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;

namespace Vigia.Terminal.Tables;

/// <summary>What a table must take over: a new version of an object, or its end.</summary>
/// <param name="Object">The version; the last one of an object that is gone.</param>
/// <param name="Row">Its row; null for one that is gone.</param>
/// <param name="Change">How to light it up.</param>
/// <param name="Changed">A bit for each column whose cell changed.</param>
internal readonly record struct TableChange(RawObject Object, Row? Row, RowChange Change, ulong Changed)
{
    /// <summary>Projects a delta: on the reader's thread, so that the one that draws has none of that work.</summary>
    public static TableChange Of(ResourceEntry entry, Delta delta)
    {
        if (delta.New is not { } next)
        {
            return new(delta.Object, null, RowChange.None, 0);
        }

        var row = entry.RowOf(next);
        if (delta.IsInInitialList)
        {
            return new(next, row, RowChange.None, 0);
        }

        if (delta.Old?.Projection is not Row before || !ReferenceEquals(before.Entry, entry))
        {
            return new(next, row, delta.Kind == DeltaKind.Added ? RowChange.Added : RowChange.None, 0);
        }

        var changed = 0UL;
        for (var i = 0; i < Math.Min(entry.Columns.Count, 64); i++)
        {
            changed |= before[i] == row[i] ? 0 : 1UL << i;
        }

        return new(next, row, changed == 0 ? RowChange.None : RowChange.Updated, changed);
    }
}
