using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vigia.Gateway.Endpoints.WebSockets;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// Watches over WebSocket, as API servers answer a watch with an upgrade: one message per event; messages from the
/// client are ignored.
/// </summary>
internal sealed class WatchSockets(SocketOptions options, TimeProvider time)
{
    // Dashboards offer it, and read text all the same: that is what API servers send.
    private const string OfferedProtocol = "base64.binary.k8s.io";

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>True if the request is a WebSocket upgrade.</summary>
    public static bool IsWanted(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    /// <summary>Opens the socket, runs the watch, and closes.</summary>
    public async Task RunAsync(HttpContext context, Func<WatchOutput, CancellationToken, Task> run)
    {
        if (!await SocketHandshake.IsWantedAsync(context))
        {
            return;
        }

        if (
            context
                .Request.Headers.SecWebSocketProtocol.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
                .Contains(OfferedProtocol, StringComparer.Ordinal)
        )
        {
            context.Response.Headers.SecWebSocketProtocol = OfferedProtocol;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await using var stream = new SocketStream(await SocketHandshake.AcceptAsync(context), gone);
        using var socket = WebSocket.CreateFromStream(
            stream,
            new WebSocketCreationOptions
            {
                IsServer = true,
                KeepAliveInterval = options.PingInterval,
                KeepAliveTimeout = options.PongTimeout,
            }
        );
        using var left = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
        var reading = ReadAsync(socket, left, gone.Token);
        try
        {
            await run(new WatchMessages(new SocketOutput(stream)), left.Token);
        }
        finally
        {
            await CloseAsync(socket);
            await gone.CancelAsync();
            await reading;
        }
    }

    private static async Task ReadAsync(WebSocket socket, CancellationTokenSource left, CancellationToken cancellationToken)
    {
        var ignored = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), cancellationToken)).MessageType != WebSocketMessageType.Close) { }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // The client left without a word.
        }
        finally
        {
            await left.CancelAsync();
        }
    }

    private async Task CloseAsync(WebSocket socket)
    {
        using var patience = new CancellationTokenSource(CloseTimeout, time);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or WebSocketException or ObjectDisposedException)
        {
            // There is no client left to inform.
            socket.Abort();
        }
    }
}
