using System.Text;
using System.Text.Json.Nodes;

namespace Vigia.Kubernetes.Tests.Objects;

public sealed class RawObjectTests
{
    [Fact]
    public void The_header_holds_what_the_json_says()
    {
        var pod = Parse(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1","namespace":"shop","uid":"u-1","resourceVersion":"42","generation":7,
             "creationTimestamp":"2026-11-21T00:15:37Z","deletionTimestamp":"2026-11-21T01:00:00Z","labels":{"tier":"front","app":"web"},
             "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"u-0","controller":true,
             "blockOwnerDeletion":true},
                                {"apiVersion":"v1","kind":"Node","name":"n","uid":"u-9"}]},
             "spec":{"metadata":{"name":"not this one"}}}
            """
        );

        Assert.Equal(new ObjectKey("shop", "web-1"), pod.Key);
        Assert.Equal(("Pod", "v1", "u-1", 42UL, 7L), (pod.Kind, pod.ApiVersion, pod.Uid, pod.ResourceVersion.Number, pod.Generation));
        Assert.Equal("app=web,tier=front", pod.Labels.ToString());
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 0, 15, 37, TimeSpan.Zero), pod.CreationTimestamp);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 1, 0, 0, TimeSpan.Zero), pod.DeletionTimestamp);
        Assert.Equal([new("apps/v1", "ReplicaSet", "web", "u-0", true), new OwnerReference("v1", "Node", "n", "u-9", false)], pod.Owners);
        Assert.Null(pod.LastChange);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a","managedFields":[{"manager":"m"}]},"x":1}""", """{"metadata":{"name":"a"},"x":1}""")]
    [InlineData("""{"metadata":{"managedFields":[],"name":"a"},"x":1}""", """{"metadata":{"name":"a"},"x":1}""")]
    [InlineData("""{"metadata":{"name":"a","managedFields":[{"f":{"}":"]"}}],"uid":"u"}}""", """{"metadata":{"name":"a","uid":"u"}}""")]
    [InlineData("""{"metadata":{ "managedFields" : [] , "name":"a"}}""", """{"metadata":{ "name":"a"}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"managedFields":[1]}}""", """{"metadata":{"name":"a"},"spec":{"managedFields":[1]}}""")]
    public void Managed_fields_are_cut_out_and_nothing_else_changes(string sent, string kept) => Assert.Equal(kept, Json(Parse(sent)));

    [Fact]
    public void Who_made_the_last_change_is_kept()
    {
        var pod = Parse(
            """
            {"metadata":{"name":"a","managedFields":[
              {"manager":"helm","operation":"Apply","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:manager":{}}},
              {"manager":"kubelet","operation":"Update","time":"2026-01-03T00:00:00Z","subresource":"status"},
              {"manager":"kube-controller-manager","operation":"Update","time":"2026-01-02T00:00:00Z"}]}}
            """
        );

        Assert.Equal(new LastChange("kubelet", "Update", new DateTimeOffset(2026, 1, 3, 0, 0, 0, TimeSpan.Zero), "status"), pod.LastChange);
    }

    [Fact]
    public void An_item_of_a_list_gets_its_type_in_front()
    {
        var item = new ObjectDecoder().Decode("""{"metadata":{"name":"a"}}"""u8, "Pod", "v1");

        Assert.Equal("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}""", Json(item));
        Assert.Equal(("Pod", "v1"), (item.Kind, item.ApiVersion));
    }

    [Fact]
    public void Recorded_pods_keep_every_byte_but_managed_fields()
    {
        foreach (var line in RecordedPods())
        {
            var expected = JsonNode.Parse(line)!.AsObject();
            expected["metadata"]!.AsObject().Remove("managedFields");

            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(Json(Parse(line)))));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"metadata":{"name":"a"}""")]
    [InlineData("""{"metadata":{"name":"a"}}x""")]
    [InlineData("""{"metadata":{}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"x":}}""")]
    [InlineData("""{"metadata":{"name":"a"},"spec":{"x":1]}""")]
    [InlineData("""{"metadata":{"name":"a"} "spec":{}}""")]
    [InlineData("""{"metadata":{"name":"a\qb"}}""")]
    [InlineData("""{"metadata":{"name":"a","labels":{"b":"\ud800"}}}""")]
    [InlineData("""{"metadata":{"name":"a","namespace":"\u12"}}""")]
    public void Garbage_is_refused_with_a_reason(string json)
    {
        var error = Assert.Throws<ObjectFormatException>(() => Parse(json));
        Assert.StartsWith("not ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"metadata":{"name":"a"},"x":"yy"}""");
        bytes[^4] = 0xff;

        Assert.Throws<ObjectFormatException>(() => RawObject.Parse(bytes));
    }

    [Fact]
    public void Every_truncation_of_a_pod_is_refused()
    {
        var pod = Encoding.UTF8.GetBytes(
            """{"metadata":{"name":"a","labels":{"b":"c\"d"},"managedFields":[{"manager":"m","time":"2026-01-01T00:00:00Z"}]},"spec":"""
                + """{"n":12}}"""
        );
        for (var length = 0; length < pod.Length; length++)
        {
            Assert.Throws<ObjectFormatException>(() => RawObject.Parse(pod.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Escapes_in_labels_and_names_are_resolved()
    {
        var o = Parse("""{"metadata":{"name":"a\u0062","labels":{"k\"":"v\\"}}}""");

        Assert.Equal("ab", o.Name);
        Assert.Equal("v\\", o.Labels.Single(pair => pair.Key == "k\"").Value);
    }

    [Fact]
    public void Equal_labels_and_owners_are_shared_between_objects_of_one_decoder()
    {
        var decoder = new ObjectDecoder();
        var json = """{"metadata":{"name":"a","namespace":"n","labels":{"app":"x"},"ownerReferences":[{"kind":"K","name":"o"}]}}"""u8;
        var (first, second) = (decoder.Decode(json), decoder.Decode(json));

        Assert.Same(first.Labels, second.Labels);
        Assert.Same(first.Owners, second.Owners);
        Assert.Same(first.Namespace, second.Namespace);
    }

    internal static IEnumerable<string> RecordedPods() =>
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata", "pods.json")))!["items"]!
            .AsArray()
            .Select(item => item!.ToJsonString());

    private static RawObject Parse(string json) => RawObject.Parse(Encoding.UTF8.GetBytes(json));

    private static string Json(RawObject o)
    {
        using var json = o.Open();
        return Encoding.UTF8.GetString(json.Span);
    }
}
