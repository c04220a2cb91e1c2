using Vigia.Catalog;
using Vigia.Informers;
using Vigia.Kubernetes;
using Vigia.Live.Clusters;

namespace Vigia.Gateway.Endpoints.Lists;

/// <summary>
/// Feeds in the sort orders of lists. An order is built at its second request, and from then on only the changes
/// between two requests are moved into place.
/// </summary>
/// <remarks>
/// Bounded: a few orders per feed, each dropped after a while without use. Others are computed by
/// <see cref="ListPage"/>. Thread-safe.
/// </remarks>
internal sealed class FeedOrders(TimeProvider time) : IDisposable
{
    // Orders of one feed. Pages show a handful of them, and each costs some ten bytes an object.
    private const int MostOrders = 4;

    // Beyond this part of the objects a new sort is cheaper than changes one by one; a feed that changes so fast is not
    // worth either.
    private const int WorthSorting = 8;

    // An order has the versions of objects at its last request.
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceFeed, List<FeedOrder>> _orders = [];
    private ITimer? _sweep;
    private bool _isDisposed;

    /// <summary>
    /// One page of a feed, and the total number of its objects; null if the order is not kept, or is being built by
    /// another request.
    /// </summary>
    public (IReadOnlyList<(ResourceFeed Feed, RawObject Object)> Items, int Total)? Page(
        ResourceFeed feed,
        ResourceEntry entry,
        ListRequestParameters order
    )
    {
        var kept = Find(feed, entry, order.Sort);
        if (kept?.Page(feed.Informer!.Store.List(), (order.Page - 1L) * order.Limit, order.Limit) is not { } page)
        {
            return null;
        }

        return (page.Objects.ConvertAll(o => (feed, o)), page.Total);
    }

    /// <summary>Forgets all.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _orders.Clear();
            _sweep?.Dispose();
        }
    }

    /// <summary>The order, if it was requested before; the request is remembered.</summary>
    private FeedOrder? Find(ResourceFeed feed, ResourceEntry entry, IReadOnlyList<(int Column, bool Descending)> sort)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return null;
            }

            if (!_orders.TryGetValue(feed, out var orders))
            {
                _orders[feed] = orders = [];
            }

            _sweep ??= time.CreateTimer(static self => ((FeedOrders)self!).Sweep(), this, KeptFor, KeptFor);
            if (orders.Find(known => known.Entry == entry && known.Sort.SequenceEqual(sort)) is { } kept)
            {
                kept.LastAsked = time.GetTimestamp();
                return kept;
            }

            if (orders.Count == MostOrders)
            {
                orders.Remove(orders.MinBy(known => known.LastAsked)!);
            }

            orders.Add(new FeedOrder(feed, entry, sort) { LastAsked = time.GetTimestamp() });
            return null;
        }
    }

    private void Sweep()
    {
        lock (_gate)
        {
            foreach (var (feed, orders) in _orders)
            {
                orders.RemoveAll(order => time.GetElapsedTime(order.LastAsked) >= KeptFor);
                if (orders.Count == 0)
                {
                    _orders.Remove(feed);
                }
            }

            if (_orders.Count == 0)
            {
                _sweep?.Dispose();
                _sweep = null;
            }
        }
    }

    /// <summary>One order of one feed.</summary>
    private sealed class FeedOrder
    {
        private readonly Lock _gate = new();
        private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

        private readonly OrderedObjects _objects;
        private ObjectSnapshot? _of;

        public FeedOrder(ResourceFeed feed, ResourceEntry entry, IReadOnlyList<(int Column, bool Descending)> sort)
        {
            (Entry, Sort) = (entry, sort);
            var order = new ListOrder(entry, sort);
            _objects = new OrderedObjects((left, right) => order.Compare((feed, left), (feed, right)));
        }

        public ResourceEntry Entry { get; }

        public IReadOnlyList<(int Column, bool Descending)> Sort { get; }

        /// <summary>Time of its last request, as a timestamp. Guarded by the owner.</summary>
        public long LastAsked { get; set; }

        public (List<RawObject> Objects, int Total)? Page(ObjectSnapshot now, long from, int count)
        {
            // A request that moves a single change is waited for, a request that sorts ten thousand objects is not.
            if (!_gate.TryEnter(Patience))
            {
                return null;
            }

            try
            {
                if (_of != now && !Follow(now))
                {
                    _objects.Fill(now);
                }

                _of = now;
                return (_objects.Range(from, count), _objects.Count);
            }
            catch
            {
                // An incomplete order is built again from the start.
                _of = null;
                throw;
            }
            finally
            {
                _gate.Exit();
            }
        }

        /// <summary>Moves changed objects into place; false if everything has to be sorted.</summary>
        private bool Follow(ObjectSnapshot now)
        {
            if (_of is not { } before)
            {
                return false;
            }

            var (gone, come) = (new List<RawObject>(), new List<RawObject>());
            now.DifferencesFrom(before, gone, come);
            if (gone.Count + come.Count > now.Count / WorthSorting || !gone.TrueForAll(_objects.Remove))
            {
                return false;
            }

            come.ForEach(_objects.Add);
            return _objects.Count == now.Count;
        }
    }
}
