using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Ownership;

namespace Vigia.Simulator.Tests.Ownership;

/// <summary>
/// Comparing bytes finds the same fields as comparing nodes, and a set that is taken apart only where it is touched is
/// written as one that is read whole.
/// </summary>
public sealed class FieldComparisonTests
{
    private static readonly string[] Keys =
    [
        "name",
        "type",
        "containerPort",
        "port",
        "protocol",
        "ports",
        "conditions",
        "containers",
        "finalizers",
        "ownerReferences",
        "uid",
        "selector",
        "spec",
        "args",
        "ä\"+",
    ];

    [Fact]
    public void Random_objects_differ_in_the_same_fields_either_way()
    {
        var different = 0;
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            var before = Object(random, 0);
            var after = random.Next(4) == 0 ? Object(random, 0) : Changed(random, before);
            var custom = random.Next(4) == 0;
            var (changed, removed) = (new FieldSet(), new FieldSet());
            FieldComparison.Compare(before.ToElement(), after.ToElement(), "", custom, changed, removed, ["spec"]);
            var (changedNodes, removedNodes) = (new NodeFieldSet(), new NodeFieldSet());
            NodeFieldSet.Compare(before, after, "", custom, changedNodes, removedNodes, ["spec"]);

            var both = $"seed {seed}: {before.ToJsonString()} and {after.ToJsonString()}";
            Assert.True(Text(changedNodes) == Text(changed), $"{both}: changed {Text(changedNodes)}, not {Text(changed)}");
            Assert.True(Text(removedNodes) == Text(removed), $"{both}: removed {Text(removedNodes)}, not {Text(removed)}");
            Assert.Equal(Text(NodeFieldSet.Of(before, custom)), Text(FieldSet.Of(before.ToElement(), custom)));
            different += changed.IsEmpty ? 0 : 1;
        }

        Assert.InRange(different, 1_000, 2_999);
    }

    [Fact]
    public void A_set_that_was_read_changes_as_one_of_nodes()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            var (first, second, third) = (Object(random, 0), Object(random, 0), Object(random, 0));
            var json = NodeFieldSet.Of(first, custom: false).ToJson();
            var nodes = NodeFieldSet.Read(json);
            nodes.Add(NodeFieldSet.Of(second, custom: false));
            nodes.Subtract(NodeFieldSet.Of(third, custom: false));
            foreach (var isSorted in (bool[])[true, false])
            {
                var set = FieldSet.Read(json.ToElement(), isSorted);
                set.Add(FieldSet.Of(second.ToElement(), custom: false));
                set.Subtract(FieldSet.Of(third.ToElement(), custom: false));

                Assert.Equal(nodes.IsEmpty, set.IsEmpty);
                Assert.Equal(Text(nodes), Text(set));
            }
        }
    }

    [Fact]
    public void A_set_in_another_order_is_sorted()
    {
        var set = FieldSet.Read(JsonElement.Parse("""{"f:b":{"f:d":{},"f:c":{},".":{}},"f:a":{".":{}}}"""), isSorted: false);

        Assert.Equal("""{"f:a":{},"f:b":{".":{},"f:c":{},"f:d":{}}}""", Text(set));
    }

    private static string Text(NodeFieldSet set) => Encoding.UTF8.GetString(set.ToJson().ToUtf8());

    private static string Text(FieldSet set)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Json.Relaxed))
        {
            set.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static JsonObject Object(Random random, int depth)
    {
        var obj = new JsonObject();
        for (var i = random.Next(6); i > 0; i--)
        {
            obj[Keys[random.Next(Keys.Length)]] = Value(random, depth + 1);
        }

        return obj;
    }

    private static JsonNode? Value(Random random, int depth) =>
        random.Next(depth > 4 ? 5 : 9) switch
        {
            0 => null,
            1 => random.Next(3),
            2 => JsonNode.Parse(random.Next(2) == 0 ? "1.0" : "1"),
            3 => random.Next(2) == 0,
            4 => ((string[])["a", "b", "ä+<", "TCP"])[random.Next(4)],
            5 or 6 => Object(random, depth),
            7 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1))]),
            _ => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => (JsonNode)Object(random, depth + 1))]),
        };

    /// <summary>A copy in which a few values are others, keys are gone or came, or stand in another order.</summary>
    private static JsonObject Changed(Random random, JsonObject obj)
    {
        var copy = new JsonObject();
        foreach (var (key, value) in random.Next(5) == 0 ? obj.Reverse() : obj)
        {
            if (random.Next(10) > 0)
            {
                copy[key] = Changed(random, value);
            }
        }

        if (random.Next(10) == 0)
        {
            copy[Keys[random.Next(Keys.Length)]] = Value(random, 3);
        }

        return copy;
    }

    private static JsonNode? Changed(Random random, JsonNode? value) =>
        value switch
        {
            JsonObject obj => Changed(random, obj),
            JsonArray list when random.Next(6) == 0 => new JsonArray([.. list.Reverse().Select(item => item?.DeepClone())]),
            JsonArray list => new JsonArray([.. list.Select(item => Changed(random, item))]),
            _ => random.Next(8) == 0 ? Value(random, 5) : value?.DeepClone(),
        };
}
