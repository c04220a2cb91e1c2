using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Vigia.Kubernetes.Transport;

/// <summary>One opening handshake of RFC 6455, from the client's side.</summary>
internal sealed class WebSocketHandshake
{
    private readonly IReadOnlyList<string> _subprotocols;

    // Not a secret and not for chance's sake: it shows that the answer is to this request (RFC 6455, 4.1).
    private readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    public WebSocketHandshake(IReadOnlyList<string> subprotocols) => _subprotocols = subprotocols;

    public void Ask(HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation("Connection", "Upgrade");
        headers.TryAddWithoutValidation("Upgrade", "websocket");
        headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        headers.TryAddWithoutValidation("Sec-WebSocket-Key", _key);
        if (_subprotocols.Count > 0)
        {
            headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", string.Join(", ", _subprotocols));
        }
    }

    /// <summary>Creates the socket of a 101.</summary>
    /// <returns>
    /// Null if the answer is not one to this handshake; the answer is disposed then, else with the socket.
    /// </returns>
    public async Task<WebSocket?> CompleteAsync(
        HttpResponseMessage response,
        TimeSpan pingEvery,
        TimeSpan pingTimeout,
        CancellationToken ct
    )
    {
        var chosen = Header(response, "Sec-WebSocket-Protocol");
        if (
            !string.Equals(Header(response, "Upgrade"), "websocket", StringComparison.OrdinalIgnoreCase)
            || Header(response, "Sec-WebSocket-Accept") != Accept(_key)
            || (chosen is not null && !_subprotocols.Contains(chosen))
        )
        {
            response.Dispose();
            return null;
        }

        var stream = await response.Content.ReadAsStreamAsync(ct);
        return WebSocket.CreateFromStream(
            stream,
            new WebSocketCreationOptions
            {
                IsServer = false,
                SubProtocol = chosen,
                KeepAliveInterval = pingEvery,
                KeepAliveTimeout = pingTimeout,
            }
        );
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    [SuppressMessage(
        "Security",
        "CA5350:Do Not Use Weak Cryptographic Algorithms",
        Justification = "RFC 6455 prescribes SHA-1; nothing is kept secret by it."
    )]
    private static string Accept(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}
