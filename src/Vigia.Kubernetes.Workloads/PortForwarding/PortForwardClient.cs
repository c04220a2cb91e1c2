using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Kubernetes.Workloads.PortForwarding;

namespace Vigia.Kubernetes.Workloads;

/// <summary>Connects to ports of pods over WebSocket: what <c>kubectl port-forward</c> does.</summary>
/// <remarks>
/// Thread-safe. Needs the rights <c>get</c> and <c>create</c> on <c>pods/portforward</c>. Speaks
/// v4.channel.k8s.io, which kubelets have served since Kubernetes 1.7: each connection is a WebSocket of its own.
/// </remarks>
public sealed class PortForwardClient
{
    private static readonly string[] Protocols = ["v4.channel.k8s.io"];

    private readonly KubernetesClient _client;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates a client; nothing is sent yet.</summary>
    public PortForwardClient(KubernetesClient client, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        (_client, _time, _logger) = (
            client,
            time ?? TimeProvider.System,
            (loggers ?? NullLoggerFactory.Instance).CreateLogger<PortForwardClient>()
        );
    }

    /// <summary>Opens one connection to a port of a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <returns>
    /// A stream with asynchronous reads and writes; a read throws a <see cref="KubernetesConnectionException"/> if
    /// nothing listens on the port. The protocol cannot signal the end of the input.
    /// </returns>
    /// <exception cref="KubernetesApiException">The server said no: no such pod, not running, no right.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<Stream> ConnectAsync(ObjectKey pod, int port, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, 65_535);
        var path =
            KnownResources.Pods.Path(pod.Namespace, pod.Name, "portforward")
            + string.Create(CultureInfo.InvariantCulture, $"?ports={port}");
        var stream = new PodPortStream(
            await _client.ConnectWebSocketAsync(path, Protocols, ct),
            string.Create(CultureInfo.InvariantCulture, $"port {port} of pod {pod}")
        );
        try
        {
            await stream.OpenAsync(ct);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Listens on a local port, and forwards every connection to the pod's port. One connection is tried first, so a
    /// missing pod or a missing right is reported here.
    /// </summary>
    /// <exception cref="KubernetesApiException">The server said no.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    /// <exception cref="IOException">The local port cannot be listened on: the message says which and why.</exception>
    public async Task<PortForward> StartAsync(PortForwardOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var listener = new TcpListener(options.Address, options.LocalPort);
        try
        {
            listener.Start();
        }
        catch (SocketException error)
        {
            listener.Dispose();
            var reason =
                error.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? "the port is in use; choose another, or 0 for any free port"
                    : error.Message;
            throw new IOException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"cannot listen on {new IPEndPoint(options.Address, options.LocalPort)}: {reason}"
                ),
                error
            );
        }

        try
        {
            await (await ConnectAsync(options.Pod, options.PodPort, ct)).DisposeAsync();
            return new PortForward(this, options, listener, _time, _logger);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }
}
