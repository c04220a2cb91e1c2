using System.Text.Json;
using Vigia.Kubernetes.Workloads.Exec;

namespace Vigia.Kubernetes.Workloads;

/// <summary>
/// Runs commands in containers, and attaches to their main programs, over WebSocket: what <c>kubectl exec</c> and
/// <c>kubectl attach</c> do.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe; stateless. A refusal (no such container, not running, no right) is a
/// <see cref="KubernetesApiException"/> with the server's message, thrown before a session exists. The rights needed
/// are <c>get</c> and <c>create</c> on <c>pods/exec</c> (or <c>pods/attach</c>).
/// </remarks>
public sealed class ExecClient(KubernetesClient client)
{
    // v5 (Kubernetes 1.30) can end the input; v4 has been there since 1.4.
    private static readonly string[] Protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

    /// <summary>Starts a command.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="command">The program and its arguments: no shell is in between.</param>
    /// <param name="options">The streams to connect; null for output and errors.</param>
    /// <param name="ct">Ends the attempt to start; a session that has started is ended by disposing it.</param>
    public async Task<ExecSession> ExecAsync(
        ObjectKey pod,
        IReadOnlyList<string> command,
        ExecOptions? options = null,
        CancellationToken ct = default
    )
    {
        ArgumentNullException.ThrowIfNull(command);
        return command.Count == 0
            ? throw new ArgumentException("a command needs at least one word", nameof(command))
            : await OpenAsync(pod, "exec", command, options ?? new(), ct);
    }

    /// <summary>
    /// Connects to the main program of a container: its output from now on, and with <see cref="ExecOptions.Stdin"/>
    /// its input.
    /// </summary>
    public Task<ExecSession> AttachAsync(ObjectKey pod, ExecOptions? options = null, CancellationToken ct = default) =>
        OpenAsync(pod, "attach", [], options ?? new(), ct);

    /// <summary>Runs a command to its end and returns its output.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="input">
    /// The command's input; empty for none. With a server that supports v4 only, a command that reads to the end of its
    /// input never ends.
    /// </param>
    /// <param name="container">The container; null for the default one.</param>
    /// <param name="ct">Ends the command.</param>
    public async Task<ExecOutput> RunAsync(
        ObjectKey pod,
        IReadOnlyList<string> command,
        ReadOnlyMemory<byte> input = default,
        string? container = null,
        CancellationToken ct = default
    )
    {
        await using var session = await ExecAsync(pod, command, new ExecOptions { Container = container, Stdin = !input.IsEmpty }, ct);
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var reading = Task.WhenAll(session.StandardOutput.CopyToAsync(stdout, ct), session.StandardError.CopyToAsync(stderr, ct));
        if (!input.IsEmpty)
        {
            await session.StandardInput.WriteAsync(input, ct);
            await session.EndInputAsync(ct);
        }

        await reading;
        return new(await session.Completion.WaitAsync(ct), stdout.ToArray(), stderr.ToArray());
    }

    private async Task<ExecSession> OpenAsync(
        ObjectKey pod,
        string subresource,
        IReadOnlyList<string> command,
        ExecOptions options,
        CancellationToken ct
    )
    {
        var container = options.Container ?? await DefaultContainerAsync(pod, ct);
        var path = KnownResources.Pods.Path(pod.Namespace, pod.Name, subresource) + options.Query(container, command);
        return new ExecSession(await client.ConnectWebSocketAsync(path, Protocols, ct), $"{subresource} in pod {pod}");
    }

    /// <summary>kubectl's rule: the annotation, else the first container. A server would refuse to choose.</summary>
    private async Task<string?> DefaultContainerAsync(ObjectKey pod, CancellationToken ct)
    {
        using var document = JsonDocument.Parse(await client.GetBytesAsync(KnownResources.Pods.Path(pod.Namespace, pod.Name), ct: ct));
        return PodContainers.Default(document.RootElement);
    }
}
