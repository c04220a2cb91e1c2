using Vigia.Kubernetes;
using Vigia.Testing;

namespace Vigia.Informers.Tests.Deltas;

/// <summary>
/// Whatever happens, a cursor's deltas applied to what it began with give what the store holds; by seed.
/// </summary>
public sealed class CursorPropertyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 8)]
    [InlineData(3, 64)]
    [InlineData(4, 64)]
    [InlineData(5, 100_000)]
    [InlineData(6, 100_000)]
    [InlineData(7, 8)]
    [InlineData(8, 16)]
    [InlineData(9, 32)]
    [InlineData(10, 200)]
    public async Task Every_prefix_and_what_follows_it_equal_the_store(int seed, int capacity)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var server = new ScriptedServer();
        var clock = new ManualTimeProvider();
        await using var informer = new SharedInformer(
            server,
            new SharedInformerOptions
            {
                Seed = seed,
                Log = new DeltaLogOptions { Capacity = capacity },
            },
            clock
        );
        informer.Start();
        await Eventually.TrueAsync(() => informer.HasSynced, "synced");
        var consumers = new List<Consumer> { new(informer, informer.Log.OpenWithSnapshot()) };
        var names = new HashSet<string>();
        for (var step = 0; step < 400; step++)
        {
            Change(random, server, names);
            if (random.Next(25) == 0)
            {
                Fault(random, server);
            }

            if (random.Next(10) == 0)
            {
                clock.Advance(TimeSpan.FromSeconds(random.Next(3)));
            }

            if (random.Next(20) == 0)
            {
                consumers.Add(new(informer, informer.Log.OpenWithSnapshot()));
            }

            // Otherwise the changes would be over before the informer had begun.
            if (step % 10 == 0)
            {
                await SettledAsync();
            }

            // Each reads now and then, so that some are always far behind.
            consumers[random.Next(consumers.Count)].Read();

            // One goes away and comes back with nothing but its cursor's text: its position, or its revision alone.
            if (random.Next(15) == 0)
            {
                consumers[random.Next(consumers.Count)].Reconnect(exact: random.Next(2) == 0);
            }
        }

        await SettledAsync();
        foreach (var consumer in consumers)
        {
            consumer.Read(all: true);
            Assert.True(consumer.Faults.Count == 0, $"seed {seed}: {string.Join('\n', consumer.Faults)}");
            Assert.Equal(informer.Store.List().ToDictionary(o => o.Name, o => (o.Uid, o.ResourceVersion)), consumer.State);
        }

        Assert.True(informer.Status.Lists > 2, "hardly a fault had an effect");
        output.WriteLine(
            $"{consumers.Count} consumers, {informer.Status.Lists} lists, {informer.Status.Watches} watches, {informer.Log.CatchUps} "
                + $"catch-ups, {consumers.Sum(consumer => consumer.Resets)} resets"
        );

        Task SettledAsync() =>
            Eventually.TrueAsync(
                () =>
                {
                    clock.Advance(TimeSpan.FromSeconds(1));
                    return informer.Log.Revision.Number == server.Revision && informer.Freshness.IsLive;
                },
                $"seed {seed}: the informer caught up"
            );
    }

    private static void Change(Random random, ScriptedServer server, HashSet<string> names)
    {
        var name = $"p{random.Next(20)}";
        if (names.Contains(name) && random.Next(3) == 0)
        {
            names.Remove(name);
            server.Delete(name);
        }
        else
        {
            names.Add(name);
            server.Put(name, $"{random.Next(1000)}");
        }
    }

    private static void Fault(Random random, ScriptedServer server)
    {
        switch (random.Next(4))
        {
            case 0:
                server.EndWatches();
                break;
            case 1:
                server.EndWatches(new IOException("cut"));
                break;
            case 2:
                server.Compact();
                server.EndWatches();
                break;
            default:
                server.Send("""{"type":"MODIFIED","object":{"metadata":{"name":}}}""");
                break;
        }
    }

    private sealed class Consumer
    {
        private readonly SharedInformer _informer;
        private readonly List<Delta> _deltas = [];
        private DeltaCursor _cursor;

        public Consumer(SharedInformer informer, (ObjectSnapshot Snapshot, DeltaCursor Cursor) open)
        {
            _informer = informer;
            _cursor = open.Cursor;
            Start(open.Snapshot);
        }

        public Dictionary<string, (string Uid, ResourceVersion Version)> State { get; private set; } = [];

        public List<string> Faults { get; } = [];

        public int Resets { get; private set; }

        // A cursor of another replica may be told again what a relist found: then additions of the known are no fault.
        private bool _mayRepeat;

        public void Read(bool all = false)
        {
            do
            {
                var reading = _cursor.Read(_deltas, 16);
                if (reading == CursorReading.Reset)
                {
                    Resets++;
                    var (snapshot, cursor) = _informer.Log.OpenWithSnapshot();
                    _cursor = cursor;
                    Start(snapshot);
                    continue;
                }

                foreach (var delta in _deltas)
                {
                    Apply(delta);
                }

                if (reading == CursorReading.Nothing)
                {
                    return;
                }
            } while (all);
        }

        public void Reconnect(bool exact)
        {
            var again = exact
                ? _informer.Log.OpenAt(_cursor.Position, _cursor.Epoch, _cursor.Revision)
                : _informer.Log.OpenAfter(_cursor.Revision);
            if (again is null || _cursor.Position < 0)
            {
                return;
            }

            _mayRepeat |= !exact;
            _cursor = again;
        }

        private void Start(IEnumerable<RawObject> snapshot) => State = snapshot.ToDictionary(o => o.Name, o => (o.Uid, o.ResourceVersion));

        private void Apply(Delta delta)
        {
            var o = delta.Object;
            var known = State.TryGetValue(o.Name, out var held);
            if (!_mayRepeat)
            {
                if (known == (delta.Kind == DeltaKind.Added))
                {
                    Faults.Add($"{delta}, but {(known ? $"{held} was held" : "nothing was held")}");
                }

                if (known && delta.New?.ResourceVersion.IsOlderThan(held.Version) == true)
                {
                    Faults.Add($"{delta} is older than {held}");
                }
            }

            if (delta.New is null)
            {
                // A deletion told again must not take an object that was made since under the same name.
                if (known && held.Uid == o.Uid)
                {
                    State.Remove(o.Name);
                }
            }
            else
            {
                State[o.Name] = (o.Uid, o.ResourceVersion);
            }
        }
    }
}
