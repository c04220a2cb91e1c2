using System.Buffers;
using System.Text;
using System.Text.Json;
using Vigia.Catalog.Differences;
using Vigia.Kubernetes;

namespace Vigia.Catalog.Tests.Differences;

public sealed class ObjectDiffTests
{
    private static readonly RawObject Old = Object(
        """{"resourceVersion":"1","generation":1}""",
        """{"status":{"phase":"Pending","reason":"new","conditions":[{"type":"Ready","status":"False"},{"type":"Init","status":"True"}]}}"""
    );
    private static readonly RawObject Next = Object(
        """{"resourceVersion":"2","generation":2}""",
        """{"status":{"phase":"Running","podIP":"10.1.1.1","conditions":[{"type":"Init","status":"True"},"""
            + """{"type":"Ready","status":"True"}]}}"""
    );

    [Fact]
    public void Differences_name_their_place_and_both_sides_and_a_condition_that_moved_is_none() =>
        Assert.Equal(
            [
                """status.phase: "Pending" → "Running" """.TrimEnd(),
                """status.podIP:  → "10.1.1.1" """.TrimEnd(),
                """status.conditions[Ready].status: "False" → "True" """.TrimEnd(),
                """status.reason: "new" → """,
            ],
            Between(Old, Next)
        );

    [Fact]
    public void A_side_that_lacks_the_place_is_left_out_of_the_json()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            ObjectDiff.Write(json, Old, Next);
        }

        Assert.Contains(
            """{"path":"status.podIP","to":"10.1.1.1"},""",
            Encoding.UTF8.GetString(buffer.WrittenSpan),
            StringComparison.Ordinal
        );
        Assert.Contains("""{"path":"status.reason","from":"new"}""", Encoding.UTF8.GetString(buffer.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_there_twice_hides_neither() =>
        Assert.Equal(
            ["""spec.env[A].value: "1" → "3" """.TrimEnd(), """spec.env[A#1].value: "2" → "4" """.TrimEnd()],
            Between(
                Object("{}", """{"spec":{"env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}}"""),
                Object("{}", """{"spec":{"env":[{"name":"A","value":"3"},{"name":"A","value":"4"}]}}""")
            )
        );

    [Fact]
    public void No_more_are_told_than_were_asked_for() => Assert.Equal(2, Between(Old, Next, 2).Count);

    private static List<string> Between(RawObject old, RawObject next, int most = 100)
    {
        var found = new List<string>();
        ObjectDiff.Between(
            old,
            next,
            (path, from, to) => found.Add($"{path}: {Encoding.UTF8.GetString(from)} → {Encoding.UTF8.GetString(to)}"),
            most
        );
        return found;
    }

    private static RawObject Object(string metadata, string rest)
    {
        var named = metadata.Insert(1, metadata.Length > 2 ? "\"name\":\"a\"," : "\"name\":\"a\"");
        return RawObject.Parse(Encoding.UTF8.GetBytes($$"""{"kind":"Pod","apiVersion":"v1","metadata":{{named}},{{rest[1..]}}"""));
    }
}
