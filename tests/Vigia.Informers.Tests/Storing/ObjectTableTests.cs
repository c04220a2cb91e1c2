using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Storing;

/// <summary>The store's hash table against a dictionary, and under readers that hold no lock.</summary>
public sealed class ObjectTableTests(ITestOutputHelper output)
{
    [Fact]
    public void It_holds_what_a_dictionary_holds_after_any_changes()
    {
        const int seed = 20261130;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (table, model) = (new ObjectTable(), new Dictionary<ObjectKey, RawObject>());
        for (var step = 0; step < 40_000; step++)
        {
            // Phases of growth and of decline, so that it is rebuilt with many and with few gaps.
            var key = new ObjectKey($"ns-{random.Next(3)}", $"o-{random.Next(600)}");
            if (random.Next(100) < (step / 4_000 % 2 == 0 ? 70 : 30))
            {
                var o = StoreTests.Object(key.Namespace, key.Name, (ulong)step + 1, "");
                table.Set(o);
                model[key] = o;
            }
            else
            {
                var expected = model.Remove(key, out var removed) ? removed : null;
                Assert.Same(expected, table.Remove(key));
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Same(model.GetValueOrDefault(key), table.Get(key));
        }

        Assert.All(model, pair => Assert.Same(pair.Value, table.Get(pair.Key)));
        Assert.Null(table.Get(new ObjectKey("ns-9", "o-1")));
    }

    [Fact]
    public async Task A_reader_without_a_lock_always_finds_what_stays_and_never_what_is_gone_for_good()
    {
        var table = new ObjectTable();
        var stays = Enumerable.Range(0, 50).Select(i => StoreTests.Object("stays", $"o-{i}", 1, "")).ToArray();
        Array.ForEach(stays, table.Set);
        var gone = StoreTests.Object("gone", "o", 1, "");
        table.Set(gone);
        table.Remove(gone.Key);
        using var stopping = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(Read, TestContext.Current.CancellationToken)).ToArray();

        for (var round = 0; round < 60; round++)
        {
            for (var i = 0; i < 500; i++)
            {
                table.Set(StoreTests.Object("comes", $"{round}-{i}", 1, ""));
            }

            for (var i = 0; i < 500; i++)
            {
                table.Remove(new ObjectKey("comes", $"{round}-{i}"));
            }
        }

        await stopping.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));

        int Read()
        {
            var reads = 0;
            do
            {
                foreach (var o in stays)
                {
                    Assert.Same(o, table.Get(o.Key));
                }

                Assert.Null(table.Get(gone.Key));
                reads++;
            } while (!stopping.IsCancellationRequested);

            return reads;
        }
    }
}
