using System.Diagnostics.Tracing;

namespace Vigia.Gateway.Telemetry;

/// <summary>Listens to the exporter's own error events: with gRPC there is no other way to learn of failures.</summary>
internal sealed class CollectorEvents(CollectorLog log, IReadOnlyList<Uri> addresses) : EventListener
{
    private const string SourceName = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == SourceName)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class' constructor may call before ours was run.
        if (addresses is null || eventData.Payload is not { Count: > 0 } payload)
        {
            return;
        }

        var said = string.Join(' ', payload);
        foreach (var address in addresses)
        {
            if (said.Contains(address.Authority, StringComparison.Ordinal))
            {
                log.Failed(address, said.Split('\n')[0].Trim());
            }
        }
    }
}
