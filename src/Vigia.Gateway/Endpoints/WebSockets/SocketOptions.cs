namespace Vigia.Gateway.Endpoints.WebSockets;

/// <summary>How WebSockets behave, and from where browsers may come.</summary>
public sealed class SocketOptions
{
    /// <summary>
    /// Pages that may use this gateway from a browser, as <c>https://console.example.com</c>; <c>*</c> for any. Pages
    /// that the gateway itself serves always may. Default none: same origin only. Holds for WebSockets and for
    /// cross-origin requests (CORS).
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// The longest message a client may send, in bytes. Default 64 KiB; a longer one closes the connection with 1009.
    /// </summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024;

    /// <summary>Subscriptions on one connection. Default 100; one more is answered with an error.</summary>
    public int MaxSubscriptions { get; init; } = 100;

    /// <summary>
    /// Invalid messages before the connection is closed with 1008. Default 100: a mistake is reported, a flood ends the
    /// connection.
    /// </summary>
    public int MaxBadMessages { get; init; } = 100;

    /// <summary>How often the server pings. Default 25 s.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long the answer to a ping may take before the connection counts as dead. Default 10 s.</summary>
    public TimeSpan PongTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
