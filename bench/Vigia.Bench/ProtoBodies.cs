using System.Globalization;
using System.Text;
using Vigia.Simulator.Protobuf;

namespace Vigia.Bench;

/// <summary>
/// The same pods as <see cref="BodyServer.ListBody"/> and <see cref="Samples.WatchBody"/> have, in protobuf, as the
/// simulator writes it.
/// </summary>
internal static class ProtoBodies
{
    private const string Pod = "core.v1.Pod";

    public static byte[] List(int objects, ulong version)
    {
        var list = new ProtoWriter();
        var metadata = list.Begin(1);
        list.Text(2, Encoding.ASCII.GetBytes(version.ToString(CultureInfo.InvariantCulture)));
        list.End(metadata);
        var item = new ProtoWriter();
        for (var i = 0; i < objects; i++)
        {
            item.Clear();
            item.Object(Bytes(i, version), Pod);
            list.Text(2, item.Written);
        }

        var front = new ProtoWriter();
        front.EnvelopeFront("v1", "PodList", list.Written.Length);
        return [.. front.Written, .. list.Written, .. ProtoWriter.EnvelopeEnd];
    }

    public static byte[] Watch(int objects, int events, ulong firstVersion)
    {
        using var body = new MemoryStream();
        var (item, frame) = (new ProtoWriter(), new ProtoWriter());
        var texts = Enumerable.Range(0, objects).Select(i => Samples.Pod(i, 987654321).ToJsonString()).ToArray();
        for (var i = 0; i < events; i++)
        {
            item.Clear();
            item.Object(
                Encoding.UTF8.GetBytes(
                    texts[i % objects]
                        .Replace("987654321", (firstVersion + (ulong)i).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                ),
                Pod
            );
            frame.Clear();
            frame.Frame("MODIFIED", "v1", "Pod", item.Written);
            body.Write(frame.Written);
        }

        return body.ToArray();
    }

    private static byte[] Bytes(int index, ulong version) => Encoding.UTF8.GetBytes(Samples.Pod(index, version).ToJsonString());
}
