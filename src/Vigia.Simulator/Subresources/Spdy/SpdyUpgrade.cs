using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vigia.Simulator.Subresources.Spdy;

/// <summary>The change of an HTTP/1.1 connection to SPDY/3.1.</summary>
internal static class SpdyUpgrade
{
    /// <summary>True if a request has the upgrade header.</summary>
    public static bool IsAsked(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && http.Request.Headers.Upgrade.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Changes the protocol to a WebSocket that carries SPDY. Done by hand, since .NET refuses the subprotocol's name
    /// for its slash (RFC 6455 does so too; Kubernetes has it all the same).
    /// </summary>
    public static async Task<WebSocket> AcceptTunnelAsync(HttpContext http)
    {
        http.Response.Headers.Upgrade = "websocket";
        http.Response.Headers.SecWebSocketAccept = Accept(http.Request.Headers.SecWebSocketKey.ToString());
        http.Response.Headers.SecWebSocketProtocol = SpdyPorts.Tunnel;
        var stream = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
    }

    [SuppressMessage(
        "Security",
        "CA5350:Do Not Use Weak Cryptographic Algorithms",
        Justification = "RFC 6455 prescribes SHA-1; nothing is kept secret by it."
    )]
    private static string Accept(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    /// <summary>Switches the protocol; the client's <c>X-Stream-Protocol-Version</c> lists its subprotocols.</summary>
    /// <exception cref="StatusException">403: nothing that is spoken here, as a kubelet answers.</exception>
    public static async Task<Stream> AcceptAsync(HttpContext http, params string[] spoken)
    {
        var offered = http
            .Request.Headers["X-Stream-Protocol-Version"]
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            .ToList();
        var chosen =
            spoken.FirstOrDefault(offered.Contains)
            ?? throw new StatusException(
                403,
                "Forbidden",
                $"unable to upgrade: unable to negotiate protocol: client supports {string.Join(' ', offered)}, server accepts "
                    + $"{string.Join(' ', spoken)}"
            );
        http.Response.Headers.Upgrade = "SPDY/3.1";
        http.Response.Headers["X-Stream-Protocol-Version"] = chosen;
        return await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
