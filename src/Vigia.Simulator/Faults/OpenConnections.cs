using Microsoft.AspNetCore.Connections;

namespace Vigia.Simulator.Faults;

/// <summary>The connections that are open, to be cut or frozen. Thread-safe.</summary>
internal sealed class OpenConnections
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ConnectionContext, FreezableTransport> _open = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Runs a connection through the valve, and tracks it while it is open.</summary>
    public async Task TrackAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var inner = connection.Transport;
        var transport = new FreezableTransport(inner, connection.ConnectionClosed);
        connection.Transport = transport;
        connection.Items[typeof(FreezableTransport)] = transport;
        lock (_gate)
        {
            _open.Add(connection, transport);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(connection);
            }

            transport.Thaw(); // nothing may wait for a valve that nobody can open any more
            connection.Transport = inner;
        }
    }

    /// <summary>Aborts all.</summary>
    /// <param name="except">The connection that the order came by, which is left to the caller; null for none.</param>
    /// <returns>How many.</returns>
    public int Cut(FreezableTransport? except = null)
    {
        ConnectionContext[] open;
        lock (_gate)
        {
            open = [.. _open.Where(c => c.Value != except).Select(c => c.Key)];
        }

        foreach (var connection in open)
        {
            connection.Abort(new ConnectionAbortedException("cut by a fault"));
        }

        return open.Length;
    }

    /// <summary>Shuts the valves of all; connections made later are as good as ever.</summary>
    /// <param name="except">The connection that the order came by; null for none.</param>
    /// <returns>How many were open.</returns>
    public int Freeze(FreezableTransport? except = null) => Transports().Count(t => t != except && t.Freeze());

    /// <summary>Opens the valves of all.</summary>
    /// <returns>How many were shut.</returns>
    public int Thaw() => Transports().Count(t => t.Thaw());

    private FreezableTransport[] Transports()
    {
        lock (_gate)
        {
            return [.. _open.Values];
        }
    }
}
