using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vigia.Kubernetes.Objects.Packing;
using Vigia.Kubernetes.Protobuf;
using Vigia.Simulator.Protobuf;

namespace Vigia.Kubernetes.Tests.Protobuf;

/// <summary>
/// Objects in both forms. The protobuf is the simulator's, which has tables of its own: what both have wrong alike
/// would be wrong twice.
/// </summary>
internal static class ProtoSamples
{
    public static JsonObject[] Pods { get; } =
    [
        .. JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "testdata/pods.json")))!["items"]!
            .AsArray()
            .Select(item => WithType(item!.AsObject())),
    ];

    public static ProtoObjectDecoder Decoder() => new(new TemplateTable());

    public static byte[] Utf8(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    /// <summary>An object's message, without its envelope.</summary>
    public static byte[] Message(byte[] json, string apiVersion, string kind)
    {
        var writer = new ProtoWriter();
        writer.Object(json, ProtoFields.MessageOf(apiVersion, kind));
        return writer.Written.ToArray();
    }

    public static byte[] Envelope(byte[] message, string apiVersion, string kind)
    {
        var writer = new ProtoWriter();
        writer.EnvelopeFront(apiVersion, kind, message.Length);
        return [.. writer.Written, .. message, .. ProtoWriter.EnvelopeEnd];
    }

    public static byte[] Envelope(JsonObject o)
    {
        var (apiVersion, kind) = ((string)o["apiVersion"]!, (string)o["kind"]!);
        return Envelope(Message(Utf8(o), apiVersion, kind), apiVersion, kind);
    }

    public static byte[] Frame(string type, JsonObject o)
    {
        var (apiVersion, kind) = ((string)o["apiVersion"]!, (string)o["kind"]!);
        var writer = new ProtoWriter();
        writer.Frame(type, apiVersion, kind, Message(Utf8(o), apiVersion, kind));
        return writer.Written.ToArray();
    }

    /// <summary>A PodList.</summary>
    public static byte[] List(IEnumerable<JsonObject> pods, string revision = "7", string next = "")
    {
        var list = new ProtoWriter();
        var metadata = list.Begin(1);
        list.Text(1, default);
        list.Text(2, Encoding.ASCII.GetBytes(revision));
        list.Text(3, Encoding.ASCII.GetBytes(next));
        list.End(metadata);
        foreach (var pod in pods)
        {
            list.Text(2, Message(Utf8(pod), "v1", "Pod"));
        }

        return Envelope(list.Written.ToArray(), "v1", "PodList");
    }

    public static JsonElement Json(RawObject o)
    {
        using var json = o.Open();
        return JsonSerializer.Deserialize<JsonElement>(json.Span);
    }

    /// <summary>The same object: body, header and who changed it last.</summary>
    public static void AssertSame(RawObject expected, RawObject actual)
    {
        Assert.True(JsonElement.DeepEquals(Json(expected), Json(actual)), $"expected {Json(expected)}\n\nactual {Json(actual)}");
        Assert.Equal(
            (expected.Kind, expected.ApiVersion, expected.Key, expected.Uid, expected.ResourceVersion, expected.Generation),
            (actual.Kind, actual.ApiVersion, actual.Key, actual.Uid, actual.ResourceVersion, actual.Generation)
        );
        Assert.Equal(
            (expected.CreationTimestamp, expected.DeletionTimestamp, expected.LastChange),
            (actual.CreationTimestamp, actual.DeletionTimestamp, actual.LastChange)
        );
        Assert.Equal(expected.Labels, actual.Labels);
        Assert.Equal(expected.Owners, actual.Owners);
    }

    private static JsonObject WithType(JsonObject item)
    {
        var pod = item.DeepClone().AsObject();
        (pod["kind"], pod["apiVersion"]) = ("Pod", "v1");
        return pod;
    }

    /// <summary>Takes everything.</summary>
    public sealed class Sink : IListSink
    {
        public List<RawObject> Items { get; } = [];

        public HashSet<string> Unwanted { get; } = [];

        public bool Wants(ObjectKey key, ObjectUid uid, ResourceVersion resourceVersion) => !Unwanted.Contains(key.Name);

        public void Item(RawObject item) => Items.Add(item);
    }
}
