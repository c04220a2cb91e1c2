using Vigia.Kubernetes;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Bench.Wire;

/// <summary>
/// Lists every built-in kind that a cluster serves in both forms, whole and metadata alone, and compares what comes
/// out.
/// </summary>
internal static class KindsComparison
{
    /// <summary>Prints a line for each resource; returns how many differed.</summary>
    public static async Task<int> RunAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        var differing = 0;
        foreach (var resource in BuiltInSchema.Resources)
        {
            foreach (var metadataOnly in new[] { false, true })
            {
                try
                {
                    var json = await ListAsync(client, resource, metadataOnly, WireEncoding.Json, cancellationToken);
                    var proto = await ListAsync(client, resource, metadataOnly, WireEncoding.Protobuf, cancellationToken);
                    var (equal, compared, first) = Sameness.Compare(json.Items, proto.Items);
                    differing += compared - equal;
                    WireCommand.Print(
                        new
                        {
                            kind = resource.ToString(),
                            metadataOnly,
                            encoding = proto.Encoding.ToString(),
                            objects = json.Items.Count,
                            compared,
                            equal,
                            first,
                        }
                    );
                }
                catch (KubernetesApiException refused) when (refused.IsNotFound)
                {
                    WireCommand.Print(new { kind = resource.ToString(), notServed = true });
                    break;
                }
            }
        }

        return differing;
    }

    private static async Task<(List<RawObject> Items, WireEncoding Encoding)> ListAsync(
        KubernetesClient client,
        GroupVersionResource resource,
        bool metadataOnly,
        WireEncoding encoding,
        CancellationToken cancellationToken
    )
    {
        var source = new ResourceListerWatcher(
            client,
            "wire",
            resource,
            new ListerWatcherOptions { Encoding = encoding, MetadataOnly = metadataOnly }
        );
        var sink = new WireDecoding.Sink();
        await source.ListAsync(new ListRequest(ResourceVersion.Any), sink, cancellationToken);
        return (sink.Objects, source.Encoding);
    }
}
