using System.Globalization;
using System.Net.WebSockets;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Spdy;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// <c>pods/NAME/portforward</c>: as a kubelet serves it over a WebSocket (one connection to each port named in the
/// query), and as SPDY/3.1, whose streams are made and closed as connections come and go, be it directly or inside a
/// WebSocket.
/// </summary>
internal static class PortForwardHandler
{
    private static readonly string[] Protocols = [SpdyPorts.Tunnel, "v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

    public static async Task HandleAsync(ApiRequest request, StoredObject item)
    {
        var pod = item.ToJson();
        if (Json.Text(pod["spec"]?["nodeName"]).Length == 0)
        {
            throw StatusException.BadRequest($"pod {item.Key.Name} does not have a host assigned");
        }

        if (Json.Text(pod["status"]?["phase"]) is var phase && phase != "Running")
        {
            throw new StatusException(
                500,
                "InternalError",
                $"unable to forward port because pod is not running. Current status={(phase.Length == 0 ? "Pending" : phase)}"
            );
        }

        var http = request.Http;
        if (SpdyUpgrade.IsAsked(http))
        {
            await new SpdyPorts(await SpdyUpgrade.AcceptAsync(http, SpdyPorts.Protocol), pod).RunAsync(request.Aborted);
            return;
        }

        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw StatusException.BadRequest("Upgrade request required");
        }

        var offered = http.WebSockets.WebSocketRequestedProtocols;
        var chosen =
            Protocols.FirstOrDefault(offered.Contains)
            ?? throw StatusException.BadRequest(
                $"unsupported subprotocols [{string.Join(' ', offered)}]; supported: [{string.Join(' ', Protocols)}]"
            );
        if (chosen == SpdyPorts.Tunnel)
        {
            using var tunnel = await SpdyUpgrade.AcceptTunnelAsync(http);
            await new SpdyPorts(WebSocketStream.Create(tunnel, WebSocketMessageType.Binary, TimeSpan.FromSeconds(1)), pod).RunAsync(
                request.Aborted
            );
            return;
        }

        var ports = Ports(request);
        await using var socket = new WebSocketPorts(await http.WebSockets.AcceptWebSocketAsync(chosen), pod, ports);
        await socket.RunAsync(request.Aborted);
    }

    private static List<int> Ports(ApiRequest request)
    {
        var ports = request
            .Http.Request.Query["ports"]
            .SelectMany(value => (value ?? "").Split(','))
            .Where(text => text.Length > 0)
            .ToList();
        return ports.Count == 0
            ? throw StatusException.BadRequest("query parameter \"ports\" is required")
            : ports.ConvertAll(text =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536
                    ? port
                    : throw StatusException.BadRequest($"unable to parse \"{text}\" as a port")
            );
    }
}
