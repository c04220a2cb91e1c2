using System.Text.Json;
using Vigia.Controllers.EventRecording;
using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>
/// Writes events as <c>v1</c> Events, which every server has. Needs the rights create and patch on events in the
/// subjects' namespaces.
/// </summary>
public sealed class KubernetesEventSink : IEventSink
{
    private readonly KubernetesClient _client;

    /// <summary>Names the server; the client is not disposed here.</summary>
    public KubernetesEventSink(KubernetesClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
    }

    /// <inheritdoc/>
    public Task CreateAsync(RecordedEvent recorded, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        return _client.SendBytesAsync(
            HttpMethod.Post,
            Collection(recorded),
            JsonSerializer.SerializeToUtf8Bytes(EventDocument.Of(recorded), EventJson.Default.EventDocument),
            ct: ct
        );
    }

    /// <inheritdoc/>
    public Task PatchAsync(RecordedEvent recorded, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        var path = $"{Collection(recorded)}/{Uri.EscapeDataString(recorded.Name)}";
        return _client.SendBytesAsync(
            HttpMethod.Patch,
            path,
            JsonSerializer.SerializeToUtf8Bytes(EventDocument.PatchOf(recorded), EventJson.Default.EventDocument),
            "application/merge-patch+json",
            ct
        );
    }

    private static string Collection(RecordedEvent recorded) => $"/api/v1/namespaces/{Uri.EscapeDataString(recorded.Namespace)}/events";
}
