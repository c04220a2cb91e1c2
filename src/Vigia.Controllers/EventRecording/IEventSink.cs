using Vigia.Kubernetes;

namespace Vigia.Controllers;

/// <summary>Writes events.</summary>
/// <remarks>
/// <b>Contract.</b> A refusal is a <see cref="KubernetesApiException"/>; transient ones, and exceptions of any other
/// kind, are retried. Called by one task at a time; honours the token.
/// </remarks>
public interface IEventSink
{
    /// <summary>Creates the event.</summary>
    Task CreateAsync(RecordedEvent recorded, CancellationToken ct);

    /// <summary>Sets count, last time and message of an existing event.</summary>
    Task PatchAsync(RecordedEvent recorded, CancellationToken ct);
}
