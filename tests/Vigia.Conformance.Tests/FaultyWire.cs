using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Vigia.Conformance.Tests;

/// <summary>
/// Stands between a client and a server and carries bytes, until it is told to cut its connections or to swallow them.
/// </summary>
internal sealed class FaultyWire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly ConcurrentBag<Task> _tasks = [];
    private readonly Uri _server;
    private readonly Task _accepting;
    private volatile bool _refuses;
    private volatile bool _swallows;

    public FaultyWire(Uri server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The server's address by way of this wire.</summary>
    public Uri Address => new UriBuilder(_server) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    /// <summary>Connections made so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Cuts every connection, and new ones until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        _refuses = true;
        foreach (var client in _open.Keys)
        {
            client.Close();
        }
    }

    /// <summary>Carries nothing any more and tells nobody: a half-open connection.</summary>
    public void Swallow() => _swallows = true;

    /// <summary>New connections work again; swallowed ones stay dead.</summary>
    public void Mend()
    {
        (_refuses, _swallows) = (false, false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        await Task.WhenAll(_tasks);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                if (_refuses)
                {
                    client.Close();
                    continue;
                }

                _tasks.Add(CarryAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            _open[client] = 0;
            _open[server] = 0;
            try
            {
                await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
                await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Cut, or stopped.
            }

            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        var isDead = false;
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                isDead |= _swallows;
                if (!isDead)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                }
            }
        }
        catch (Exception error)
            when (error is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or stopped.
        }
    }
}
