using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>The opening handshake of a WebSocket (RFC 6455, section 4.2; over HTTP/2 RFC 8441).</summary>
/// <remarks>
/// Done here rather than by ASP.NET Core, because the stream below is needed: many messages are written to it at once.
/// </remarks>
internal static class SocketHandshake
{
    /// <summary>The methods it comes with: GET over HTTP/1.1, CONNECT over HTTP/2.</summary>
    public static readonly string[] Methods = ["GET", "CONNECT"];

    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>True if the request is a WebSocket upgrade; answers with a problem otherwise.</summary>
    public static async Task<bool> IsWantedAsync(HttpContext context)
    {
        if (IsExtendedConnect(context))
        {
            return true;
        }

        var request = context.Request;
        if (
            context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest != true
            || !string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            || !HttpMethods.IsGet(request.Method)
        )
        {
            context.Response.Headers.Upgrade = "websocket";
            await Problem.WriteAsync(
                context,
                426,
                "WebSocket expected",
                $"{request.Path} requires a WebSocket: connect with ws:// or wss://"
            );
            return false;
        }

        if (request.Headers.SecWebSocketVersion != "13")
        {
            context.Response.Headers.SecWebSocketVersion = "13";
            await Problem.WriteAsync(context, 426, "WebSocket version", "this gateway supports WebSocket version 13");
            return false;
        }

        if (!IsKey(request.Headers.SecWebSocketKey.ToString()))
        {
            await Problem.WriteAsync(context, 400, "Bad WebSocket handshake", "Sec-WebSocket-Key is not 16 bytes in base64");
            return false;
        }

        return true;
    }

    /// <summary>Answers the handshake; the stream speaks WebSocket from here on.</summary>
    public static async Task<Stream> AcceptAsync(HttpContext context)
    {
        if (IsExtendedConnect(context))
        {
            return await context.Features.Get<IHttpExtendedConnectFeature>()!.AcceptAsync();
        }

        var headers = context.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AcceptOf(context.Request.Headers.SecWebSocketKey.ToString());
        return await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
    }

    private static bool IsExtendedConnect(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
        && string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase);

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[32];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var length) && length == 16;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The protocol's own checksum; nothing rests on it.")]
    private static string AcceptOf(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
}
