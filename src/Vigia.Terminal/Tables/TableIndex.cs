using Vigia.Catalog;
using Vigia.Catalog.Rows;

namespace Vigia.Terminal.Tables;

/// <summary>The rows of a table, filtered and in order, kept so while objects change.</summary>
/// <remarks>
/// For one thread. What comes and goes is found by halving and moved in place, a few microseconds each with 50,000
/// rows; a batch that is large beside the table costs one pass over it and a sort of what is new in it. Everything is
/// sorted only where another order is chosen. A search goes through the rows in their order, and one that goes on
/// typing only through what it has left.
/// </remarks>
internal sealed class TableIndex(ResourceEntry entry) : ITableRows
{
    private readonly Dictionary<RowKey, TableRow> _all = [];
    private readonly int[] _widths = new int[entry.Columns.Count + 2];
    private readonly Queue<TableRow> _leaving = [];
    private readonly List<TableRow> _dropped = [];
    private int _ghosts;
    private List<TableRow> _ordered = [];
    private List<TableRow> _shown = [];
    private List<TableRow> _spare = [];
    private RowFilter _filter = new();
    private RowOrder _order = RowOrder.Default;

    public ResourceEntry Entry => entry;

    public int Count => _shown.Count;

    public int Total => _all.Count - _ghosts;

    public int Faults { get; private set; }

    public bool IsCaughtUp { get; set; }

    public TableRow this[int index] => _shown[index];

    /// <summary>The order in force: a fuzzy search has its own.</summary>
    private RowOrder Order => _filter.Ranks ? new RowOrder(RowOrder.ByScore, false) : _order;

    public int IndexOf(RowKey key)
    {
        if (!_all.TryGetValue(key, out var row) || !row.IsShown)
        {
            return -1;
        }

        var index = _shown.BinarySearch(row, Order);
        return index < 0 ? -1 : index;
    }

    public TableRow? Find(RowKey key) => _all.GetValueOrDefault(key);

    public int WidthOf(int column) => _widths[column + 2];

    /// <summary>Every row, in no order.</summary>
    public IEnumerable<TableRow> All => _all.Values;

    /// <summary>Filters and sorts again if these differ from before.</summary>
    public void Arrange(RowFilter filter, RowOrder order)
    {
        if (ReferenceEquals(filter, _filter) && order == _order)
        {
            return;
        }

        var from = filter.Narrows(_filter) && order == _order && !_filter.Ranks ? _shown : _ordered;
        if (order != _order)
        {
            Sort(order);
        }

        (_filter, _order) = (filter, order);
        _spare.Clear();
        Faults = 0;
        foreach (var row in from)
        {
            row.IsShown = filter.Shows(row);
            if (row.IsShown)
            {
                Show(row, _spare);
            }
        }

        (_shown, _spare) = (_spare, _shown);
        _spare.Clear();
        if (filter.Ranks)
        {
            Rank();
        }
    }

    /// <summary>Forgets a cluster's rows: its informer starts over, or it is no longer on the screen.</summary>
    public void Clear(int cluster)
    {
        foreach (var key in _all.Keys.Where(key => key.Cluster == cluster).ToArray())
        {
            _all.Remove(key, out var row);
            Drop(row!);
        }

        Merge([]);
    }

    /// <summary>Takes over a batch.</summary>
    public void Apply(int cluster, string name, IReadOnlyList<TableChange> changes, long nowTicks)
    {
        var added = new List<TableRow>();
        var moved = false;
        foreach (var change in changes)
        {
            moved |= Apply(new RowKey(cluster, change.Object.Key), name, change, nowTicks, added);
        }

        if (moved || added.Count > 0)
        {
            Merge(added);
        }
    }

    /// <summary>Lets go of what was deleted before <paramref name="ticks"/>; true where there was something.</summary>
    public bool Sweep(long ticks)
    {
        var swept = false;
        while (_leaving.TryPeek(out var row) && (row.IsGone || row.ChangedAt < ticks))
        {
            _leaving.Dequeue();
            if (!row.IsGone)
            {
                _all.Remove(row.Key);
                Drop(row);
            }

            swept = true;
        }

        if (swept)
        {
            Merge([]);
        }

        return swept;
    }

    private bool Apply(RowKey key, string name, in TableChange change, long nowTicks, List<TableRow> added)
    {
        var known = _all.TryGetValue(key, out var row);
        if (change.Row is null)
        {
            if (!known || row!.Change == RowChange.Deleted)
            {
                return false;
            }

            if (row.IsShown && nowTicks > 0)
            {
                // It stays in sight for a moment, so that one sees what went.
                (row.Change, row.ChangedAt) = (RowChange.Deleted, nowTicks);
                _leaving.Enqueue(row);
                _ghosts++;
                return false;
            }

            _all.Remove(key);
            Drop(row);
            return true;
        }

        var next = new TableRow(key, name, change.Object, change.Row)
        {
            Change = change.Change,
            Changed = change.Changed,
            ChangedAt = change.Change == RowChange.None ? 0 : nowTicks,
        };
        if (known && row!.Change != RowChange.Deleted && change.Change == RowChange.None)
        {
            (next.Change, next.Changed, next.ChangedAt) = (row.Change, row.Changed, row.ChangedAt);
        }

        Measure(next, nowTicks);
        var shows = _filter.Shows(next);
        if (
            known
            && row!.Change != RowChange.Deleted
            && row.IsShown == shows
            && (!_filter.Ranks || next.Score == row.Score)
            && _order.IsSamePlace(row.Row, next.Row)
        )
        {
            // It stays where it is: nothing moves.
            Faults += shows && row.IsListed ? (next.Row.Health == RowHealth.Ok ? 0 : 1) - (row.Row.Health == RowHealth.Ok ? 0 : 1) : 0;
            (row.Object, row.Row, row.Change, row.Changed, row.ChangedAt) = (
                next.Object,
                next.Row,
                next.Change,
                next.Changed,
                next.ChangedAt
            );
            return false;
        }

        if (known)
        {
            next.Rank = row!.Rank;
            Drop(row);
        }

        _all[key] = next;
        next.IsShown = shows;
        added.Add(next);
        return known;
    }

    /// <summary>
    /// Puts the shown rows in the order of their scores. Where they stand by key already, as they do unless another
    /// order was chosen, numbers are sorted and no names are compared.
    /// </summary>
    private void Rank()
    {
        if (_order != RowOrder.Default)
        {
            _shown.Sort(Order);
            return;
        }

        var rows = _shown.ToArray();
        var keys = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            keys[i] = ((long)(int.MaxValue - rows[i].Score) << 32) | (uint)i;
        }

        Array.Sort(keys, rows);
        _shown.Clear();
        _shown.AddRange(rows);
    }

    /// <summary>
    /// Sorts everything. Most rows have the same cell in most columns (Running, 0) and are then told apart by namespace
    /// and name: where they stand in that order is noted once, so that it need not be found out by comparing strings
    /// again and again.
    /// </summary>
    private void Sort(RowOrder order)
    {
        if (_order == RowOrder.Default)
        {
            for (var i = 0; i < _ordered.Count; i++)
            {
                _ordered[i].Rank = i;
            }
        }

        _ordered.Sort(order);
    }

    private void Drop(TableRow row)
    {
        _ghosts -= row.Change == RowChange.Deleted ? 1 : 0;
        _dropped.Add(row);
        row.IsGone = true;
    }

    /// <summary>Takes what was dropped out of the lists, and puts what was added in.</summary>
    private void Merge(List<TableRow> added)
    {
        // The same object may have come twice in a batch: only its last version is not gone, and those between never
        // stood in a list.
        added.RemoveAll(row => row.IsGone);
        _dropped.RemoveAll(row => !row.IsListed);
        foreach (var row in _dropped)
        {
            Faults -= row.IsShown && row.Row.Health != RowHealth.Ok ? 1 : 0;
        }

        foreach (var row in added)
        {
            row.IsListed = true;
            Faults += row.IsShown && row.Row.Health != RowHealth.Ok ? 1 : 0;
        }

        if ((added.Count + _dropped.Count) * 32 < _ordered.Count)
        {
            MergeFew(added);
        }
        else
        {
            MergeMany(added);
        }

        foreach (var row in _dropped)
        {
            row.IsShown = false;
        }

        _dropped.Clear();
    }

    private void MergeFew(List<TableRow> added)
    {
        var order = Order;
        foreach (var row in _dropped)
        {
            Remove(_ordered, row, _order);
            if (row.IsShown)
            {
                Remove(_shown, row, order);
            }
        }

        foreach (var row in added)
        {
            Insert(_ordered, row, _order);
            if (row.IsShown)
            {
                Insert(_shown, row, order);
            }
        }

        static void Remove(List<TableRow> list, TableRow row, RowOrder order)
        {
            var index = list.BinarySearch(row, order);
            list.RemoveAt(index >= 0 && list[index] == row ? index : list.IndexOf(row));
        }

        static void Insert(List<TableRow> list, TableRow row, RowOrder order)
        {
            var index = list.BinarySearch(row, order);
            list.Insert(index < 0 ? ~index : index, row);
        }
    }

    private void MergeMany(List<TableRow> added)
    {
        added.Sort(_order);
        _spare.Clear();
        Merge(_ordered, added, _order, row => !row.IsGone);
        (_ordered, _spare) = (_spare, _ordered);
        added.RemoveAll(row => !row.IsShown);
        if (_filter.Ranks)
        {
            added.Sort(Order);
        }

        _spare.Clear();
        Merge(_shown, added, Order, row => row is { IsShown: true, IsGone: false });
        (_shown, _spare) = (_spare, _shown);
        _spare.Clear();
    }

    private void Merge(List<TableRow> list, List<TableRow> added, RowOrder order, Func<TableRow, bool> stays)
    {
        var next = 0;
        foreach (var row in list)
        {
            if (!stays(row))
            {
                continue;
            }

            while (next < added.Count && order.Compare(added[next], row) < 0)
            {
                _spare.Add(added[next++]);
            }

            _spare.Add(row);
        }

        for (; next < added.Count; next++)
        {
            _spare.Add(added[next]);
        }
    }

    private void Show(TableRow row, List<TableRow> into)
    {
        Faults += row.Row.Health == RowHealth.Ok ? 0 : 1;
        into.Add(row);
    }

    /// <summary>Widths only grow while a table is looked at, so that columns do not dance.</summary>
    private void Measure(TableRow row, long nowTicks)
    {
        _widths[0] = Math.Max(_widths[0], row.Cluster.Length);
        _widths[1] = Math.Max(_widths[1], row.Object.Namespace.Length);
        for (var i = 0; i < entry.Columns.Count; i++)
        {
            var cell = row.Row[i];
            var width = cell.Text is { } text
                ? TextWidth.Of(text)
                : entry.Columns[i].Type switch
                {
                    ColumnType.Age or ColumnType.Duration => Math.Max(
                        6,
                        cell.Print(entry.Columns[i].Type, new DateTimeOffset(nowTicks, TimeSpan.Zero)).Length
                    ),
                    ColumnType.Decimal => GoNumber.Text(cell.Fraction).Length,
                    ColumnType.CountAgo when cell.Time is not null => Digits(cell.Number) + 12,
                    _ => Digits(cell.Number),
                };
            _widths[i + 2] = Math.Max(_widths[i + 2], width);
        }
    }

    private static int Digits(long number) =>
        number < 0 ? 1 + Digits(-number)
        : number < 10 ? 1
        : 1 + Digits(number / 10);
}
