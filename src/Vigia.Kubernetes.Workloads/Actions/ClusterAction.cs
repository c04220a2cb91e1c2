using System.Text.Json;

namespace Vigia.Kubernetes.Workloads;

/// <summary>A right that an action needs.</summary>
/// <param name="Verb">As <c>patch</c>.</param>
/// <param name="Resource">As RBAC has it: <c>deployments.apps</c>, <c>pods/eviction</c>.</param>
public readonly record struct NeededRight(string Verb, string Resource);

/// <summary>
/// Something that changes a cluster: shown first (a question, and the kubectl command that does the same), then done.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Immutable; nothing happens before <see cref="RunAsync"/>. Every write has Vigia as its field
/// manager. A refusal is a <see cref="KubernetesApiException"/> with the server's message. When the task ends, the
/// server has accepted the request; use a watch to see whether the cluster has carried it out (except for a drain,
/// which waits).
/// </remarks>
public abstract class ClusterAction
{
    /// <summary>The field manager of every write.</summary>
    public const string FieldManager = "vigia";

    private protected ClusterAction(ActionTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>Its object.</summary>
    public ActionTarget Target { get; }

    /// <summary>The question to confirm before it runs, for example <c>Delete pods/web in default?</c></summary>
    public abstract string Question { get; }

    /// <summary>The kubectl command that does the same.</summary>
    public abstract string Kubectl { get; }

    /// <summary>The rights that it needs.</summary>
    public abstract IReadOnlyList<NeededRight> Rights { get; }

    /// <summary>True if it cannot be undone: ask with more emphasis.</summary>
    public virtual bool Destroys => false;

    /// <summary>Does it.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="progress">Receives each step of an action with several steps; null for none.</param>
    /// <param name="ct">Cancels it; completed steps are not undone.</param>
    /// <returns>The result, in one sentence.</returns>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public abstract Task<string> RunAsync(KubernetesClient client, IProgress<string>? progress = null, CancellationToken ct = default);

    /// <summary>Its place, for sentences.</summary>
    private protected string Place => Target.Key.Namespace.Length == 0 ? "" : $" in {Target.Key.Namespace}";

    private protected static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    private protected static async Task MergeAsync(KubernetesClient client, string path, byte[] patch, CancellationToken ct) =>
        await client.SendBytesAsync(HttpMethod.Patch, $"{path}?fieldManager={FieldManager}", patch, "application/merge-patch+json", ct);
}
