using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Vigia.Gateway.Http;

/// <summary>
/// Takes a connection over from HTTP once a stream's response has begun: the request ends, and with it everything that
/// a web server keeps for it, while the stream continues on the bare connection.
/// </summary>
/// <remarks>
/// <para>
/// A stream is open for an hour and needs nothing of its request. This is a feature of the connection; HTTP/1.1 only,
/// since an HTTP/2 connection is shared.
/// </para>
/// <para>
/// <b>Guarantees.</b> The work that steps of the request's pipeline have at the end of the stream
/// (<see cref="WhenEnded"/>) is done then, once. Code that ends something with the request must check <see cref="Of"/>
/// first.
/// </para>
/// </remarks>
internal sealed class ConnectionTakeover : IConnectionHeartbeatFeature
{
    private readonly ConnectionContext _connection;
    private List<(Action<object> Act, object State)>? _beats;
    private Action<ITakenOverConnection>? _ended;
    private ITakenOverConnection? _stream;

    private ConnectionTakeover(ConnectionContext connection)
    {
        _connection = connection;

        // Kestrel's heartbeat would hold the request's objects for as long as the connection lives.
        if (connection.Features.Get<IConnectionHeartbeatFeature>() is { } heart)
        {
            _beats = [];
            connection.Features.Set<IConnectionHeartbeatFeature>(this);
            heart.OnHeartbeat(static takeover => ((ConnectionTakeover)takeover).Beat(), this);
        }
    }

    /// <summary>The connection that is taken over.</summary>
    public ConnectionContext Connection => _connection;

    /// <summary>Ends with the caller's token, where it can end.</summary>
    public CancellationToken Until { get; set; }

    /// <summary>The step of a connection's pipeline, the last before HTTP.</summary>
    public static ConnectionDelegate Offer(ConnectionDelegate next) => connection => FollowAsync(connection, next);

    /// <summary>The connection of a request whose stream may take it over; null if it cannot be.</summary>
    public static ConnectionTakeover? For(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) ? context.Features.Get<ConnectionTakeover>() : null;

    /// <summary>If the request has handed its connection over: work for its end is done at the stream's end.</summary>
    public static ConnectionTakeover? Of(HttpContext context) =>
        context.Features.Get<ConnectionTakeover>() is { _stream: not null } taken ? taken : null;

    /// <summary>The stream continues as soon as the request has ended.</summary>
    public void Take(ITakenOverConnection stream) => _stream = stream;

    /// <summary>To be done when the stream has ended.</summary>
    public void WhenEnded(Action<ITakenOverConnection> act) => _ended += act;

    /// <inheritdoc/>
    public void OnHeartbeat(Action<object> action, object state) => Volatile.Read(ref _beats)?.Add((action, state));

    private static async Task FollowAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var takeover = new ConnectionTakeover(connection);
        connection.Features.Set(takeover);
        await next(connection);
        if (takeover._stream is { } stream)
        {
            // What else of the request hangs on the connection.
            Volatile.Write(ref takeover._beats, null);
            connection.Features.Set<IConnectionTimeoutFeature>(null);
            if (!await stream.RunAsync(takeover._ended, connection.ConnectionClosed, takeover.Until))
            {
                // A response without a written end must not look complete, and nothing waits for a client that does not
                // read.
                connection.Abort();
            }
        }
    }

    private void Beat()
    {
        if (Volatile.Read(ref _beats) is { } beats)
        {
            for (var i = 0; i < beats.Count; i++)
            {
                beats[i].Act(beats[i].State);
            }
        }
    }
}
