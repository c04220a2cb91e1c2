using System.Globalization;
using System.Text.Json.Nodes;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>
/// Connections to ports over SPDY: each is a pair of streams of one <c>requestid</c>, for its bytes and for what went
/// wrong.
/// </summary>
internal sealed class SpdyPorts(Stream transport, JsonObject pod)
{
    /// <summary>The supported subprotocols.</summary>
    public const string Protocol = "portforward.k8s.io";

    /// <summary>The WebSocket subprotocol that carries SPDY (Kubernetes 1.30 and later).</summary>
    public const string Tunnel = "SPDY/3.1+" + Protocol;

    public async Task RunAsync(CancellationToken aborted)
    {
        using var session = new SpdySession(transport);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var running = session.RunAsync(aborted);
        var half = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        var connections = new List<Task>();
        await foreach (var stream in session.Opened.ReadAllAsync(CancellationToken.None))
        {
            if (!half.Remove(stream.Header("requestid"), out var other))
            {
                half[stream.Header("requestid")] = stream;
                continue;
            }

            var (data, error) = stream.Header("streamtype") == "data" ? (stream, other) : (other, stream);
            connections.Add(ServeAsync(data, error, ended.Token));
            connections.RemoveAll(task => task.IsCompleted);
        }

        await running;
        await ended.CancelAsync();
        await Task.WhenAll(connections);
        await transport.DisposeAsync();
    }

    private async Task ServeAsync(SpdyStream data, SpdyStream error, CancellationToken cancellationToken)
    {
        try
        {
            var number = int.TryParse(data.Header("port"), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
            if (PodPort.Find(pod, number) is { } port)
            {
                await port.ServeAsync(data.Input, bytes => data.WriteAsync(bytes, cancellationToken), cancellationToken);
            }
            else
            {
                await error.WriteAsync(Answers.Utf8(PodPort.Refused(pod, number)), cancellationToken);
            }

            await error.EndAsync(cancellationToken);
            await data.EndAsync(cancellationToken);
        }
        catch (Exception e)
            when (e is IOException or OperationCanceledException or ObjectDisposedException or System.Net.WebSockets.WebSocketException)
        {
            // The client is gone.
        }
    }
}
