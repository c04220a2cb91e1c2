using Vigia.Informers.Caching;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Storing;

/// <summary>A list that is copied by blocks: what was published stays as it was, whatever is done afterwards.</summary>
public sealed class SnapshotBuilderTests(ITestOutputHelper output)
{
    [Fact]
    public void It_is_a_list_and_what_was_published_never_changes()
    {
        const int seed = 20261130;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var objects = Enumerable.Range(0, 64).Select(i => StoreTests.Object("ns", $"o-{i}", (ulong)i + 1, "")).ToArray();
        var (builder, model) = (new SnapshotBuilder(), new List<RawObject>());
        var published = new Queue<(ObjectSnapshot Snapshot, RawObject[] Then)>();
        for (var step = 0; step < 30_000; step++)
        {
            var o = objects[random.Next(objects.Length)];
            switch (random.Next(100))
            {
                case < 45 when step / 5_000 % 2 == 0:
                case < 25:
                    Assert.Equal(model.Count, builder.Append(o));
                    model.Add(o);
                    break;
                case < 70 when model.Count > 0:
                    var position = random.Next(model.Count);
                    var moved = builder.RemoveAt(position);
                    Assert.Same(position == model.Count - 1 ? null : model[^1], moved);
                    model[position] = model[^1];
                    model.RemoveAt(model.Count - 1);
                    break;
                case < 95 when model.Count > 0:
                    position = random.Next(model.Count);
                    builder.Set(position, o);
                    model[position] = o;
                    break;
                default:
                    builder.Publish();
                    published.Enqueue((builder.Published, [.. model]));
                    break;
            }

            Assert.Equal(model.Count, builder.Count);
            if (published.Count > 8)
            {
                Same(published.Dequeue());
            }
        }

        Assert.All(published, Same);

        static void Same((ObjectSnapshot Snapshot, RawObject[] Then) pair)
        {
            Assert.Equal(pair.Then.Length, pair.Snapshot.Count);
            Assert.True(pair.Snapshot.Zip(pair.Then).All(both => ReferenceEquals(both.First, both.Second)));
        }
    }

    [Fact]
    public void Nothing_is_seen_before_it_is_published_and_blocks_that_did_not_change_are_shared()
    {
        var builder = new SnapshotBuilder();
        for (var i = 0; i < 3 * ObjectSnapshot.BlockSize; i++)
        {
            builder.Append(StoreTests.Object("ns", $"o-{i}", 1, ""));
        }

        Assert.Same(ObjectSnapshot.Empty, builder.Published);
        builder.Publish();
        var before = builder.Published;

        // One change costs one block and the table of blocks: 256 and 3 references, with their arrays' heads.
        var changed = StoreTests.Object("ns", "other", 2, "");
        builder.Set(1, changed);
        builder.Publish();
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        builder.Set(2, changed);
        builder.Publish();
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;

        Assert.NotSame(changed, before[1]);
        Assert.Same(changed, builder.Published[1]);
        Assert.InRange(bytes, 1, (ObjectSnapshot.BlockSize * 8) + 300);
    }
}
