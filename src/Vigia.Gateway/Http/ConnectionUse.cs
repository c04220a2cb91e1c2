using Microsoft.AspNetCore.Connections;

namespace Vigia.Gateway.Http;

/// <summary>
/// One connection, and whether it has a request just now. Guarded by its <see cref="ConnectionLimiter"/>.
/// </summary>
internal sealed class ConnectionUse
{
    private int _refused;

    public ConnectionUse(ConnectionLimiter limiter, ConnectionContext connection, long since) =>
        (Limiter, Connection, Since, Idle) = (limiter, connection, since, new(this));

    public ConnectionLimiter Limiter { get; }

    public ConnectionContext Connection { get; }

    /// <summary>Since when it is idle, as a timestamp.</summary>
    public long Since { get; set; }

    /// <summary>Requests that are being answered; several over HTTP/2.</summary>
    public int Requests { get; set; }

    /// <summary>False until the first request's headers are complete.</summary>
    public bool HasAsked { get; set; }

    /// <summary>Its place among the idle ones while it is.</summary>
    public LinkedListNode<ConnectionUse> Idle { get; }

    /// <summary>True for the first caller: a connection is refused for one reason, even if several apply.</summary>
    public bool TryRefuse() => Interlocked.Exchange(ref _refused, 1) == 0;
}
