using System.Text;
using System.Text.Json.Nodes;

namespace Vigia.Bench;

/// <summary>Pods recorded from a real API server, and events made of them.</summary>
internal static class Samples
{
    /// <summary>The recorded pods, 20 KB each with managedFields.</summary>
    public static JsonObject[] Pods { get; } =
    [
        .. JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "pods.json")))!["items"]!
            .AsArray()
            .Select(item => item!.AsObject()),
    ];

    /// <summary>A copy of a pod with another name, namespace, uid and version.</summary>
    public static JsonObject Pod(int index, ulong version)
    {
        var pod = Pods[index % Pods.Length].DeepClone().AsObject();
        pod["kind"] = "Pod";
        pod["apiVersion"] = "v1";
        var metadata = pod["metadata"]!;
        metadata["name"] = $"app-{index / 50:000}-{index:00000}";
        metadata["namespace"] = $"bench-{index % 40:000}";
        metadata["uid"] = $"00000000-0000-0000-0000-{index:000000000000}";
        metadata["resourceVersion"] = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        metadata["labels"]!["app"] = $"app-{index / 50:000}";
        return pod;
    }

    /// <summary>Watch events that change <paramref name="objects"/> pods in turn, as one body.</summary>
    public static byte[] WatchBody(int objects, int events, ulong firstVersion)
    {
        var body = new MemoryStream();
        var texts = Enumerable.Range(0, objects).Select(i => Pod(i, 987654321).ToJsonString()).ToArray();
        for (var i = 0; i < events; i++)
        {
            var version = (firstVersion + (ulong)i).ToString(System.Globalization.CultureInfo.InvariantCulture);
            body.Write(
                Encoding.UTF8.GetBytes(
                    $"{{\"type\":\"MODIFIED\",\"object\":{texts[i % objects].Replace("987654321", version, StringComparison.Ordinal)}}}\n"
                )
            );
        }

        return body.ToArray();
    }
}
