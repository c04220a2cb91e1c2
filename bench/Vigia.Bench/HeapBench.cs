using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Informers;

namespace Vigia.Bench;

/// <summary>
/// <c>heap</c>: live heap per object of an informer fed from memory: pods of templates, pods that share nothing,
/// metadata alone.
/// </summary>
internal static class HeapBench
{
    private static byte[] s_body = [];

    public static Command Create()
    {
        var objects = new Option<int>("--objects") { Description = "How many.", DefaultValueFactory = _ => 10_000 };
        var command = new Command(
            "heap",
            "Live heap per object, in memory: pods of 200 templates, pods that share nothing, metadata alone."
        )
        {
            objects,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                foreach (
                    var (name, shape) in new (string, Func<int, JsonObject>)[]
                    {
                        ("templates", i => Samples.Pod(i, 1000)),
                        ("unshared", Unshared),
                        ("metadata", Metadata),
                    }
                )
                {
                    // Once for the code and the pools, then twice: what grows with the number is the objects'.
                    await MeasureAsync(100, shape, cancellationToken);
                    await MeasureAsync(1, shape, cancellationToken);
                    var few = await MeasureAsync(parsed.GetValue(objects) / 2, shape, cancellationToken);
                    await MeasureAsync(1, shape, cancellationToken);
                    var many = await MeasureAsync(parsed.GetValue(objects), shape, cancellationToken);
                    Console.WriteLine(
                        JsonSerializer.Serialize(
                            new
                            {
                                name,
                                objects = parsed.GetValue(objects),
                                bodyBytes = many.Body,
                                keptBytes = many.Kept,
                                heapBytesPerObject = many.Heap / parsed.GetValue(objects),
                                heapBytesPerFurtherObject = (many.Heap - few.Heap) * 2 / parsed.GetValue(objects),
                            }
                        )
                    );
                }

                return 0;
            }
        );
        return command;
    }

    private static async Task<(long Heap, long Body, long Kept)> MeasureAsync(
        int objects,
        Func<int, JsonObject> shape,
        CancellationToken cancellationToken
    )
    {
        // The one before must be gone for certain: a field is, a local of a state machine may not be.
        s_body = [];
        s_body = BodyServer.ListBody(objects, shape);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var informer = new SharedInformer(new BodyServer(s_body, []));
        informer.Start();
        await informer.WhenSynced.WaitAsync(cancellationToken);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var heap = GC.GetTotalMemory(forceFullCollection: true) - before;
        return (
            heap,
            informer.Store.List().Sum(o => (long)o.Length) / objects,
            informer.Store.List().Sum(o => (long)o.KeptLength) / objects
        );
    }

    private static JsonObject Metadata(int i)
    {
        var pod = Samples.Pod(i, 1000);
        var metadata = pod["metadata"]!.DeepClone();
        return new JsonObject { ["metadata"] = metadata };
    }

    /// <summary>
    /// A pod of the same form in which every text of some length is another's: no two of one template, no label in
    /// common.
    /// </summary>
    private static JsonObject Unshared(int i)
    {
        var pod = Samples.Pod(i, 1000);
        Scramble(pod, new Random(i));
        return pod;
    }

    [SuppressMessage("Security", "CA5394", Justification = "Sample data by seed.")]
    private static void Scramble(JsonNode node, Random random)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (name, value) in o.ToArray())
                {
                    if (name is "managedFields" or "uid" or "resourceVersion" or "creationTimestamp")
                    {
                        continue;
                    }

                    if (value is JsonValue text && text.TryGetValue<string>(out var old) && old.Length > 3)
                    {
                        o[name] = Text(old.Length, random);
                    }
                    else if (value is not null)
                    {
                        Scramble(value, random);
                    }
                }

                break;
            case JsonArray list:
                foreach (var item in list.OfType<JsonNode>())
                {
                    Scramble(item, random);
                }

                break;
        }
    }

    [SuppressMessage("Security", "CA5394", Justification = "Sample data by seed.")]
    private static string Text(int length, Random random)
    {
        var text = new StringBuilder(length);
        while (text.Length < length)
        {
            text.Append((char)('a' + random.Next(26)));
        }

        return text.ToString();
    }
}
