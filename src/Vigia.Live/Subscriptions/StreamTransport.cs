namespace Vigia.Live.Subscriptions;

/// <summary>How a stream's events travel.</summary>
internal enum StreamTransport
{
    /// <summary>Server-sent events.</summary>
    Sse,

    /// <summary>A WebSocket.</summary>
    WebSocket,

    /// <summary>A Kubernetes watch.</summary>
    Watch,
}
