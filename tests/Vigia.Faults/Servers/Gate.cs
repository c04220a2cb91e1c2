using System.Net;
using System.Net.Sockets;

namespace Vigia.Faults.Servers;

/// <summary>
/// The network between gateways and the API server: while it is closed, connections break and new ones end at once; the
/// server itself goes on.
/// </summary>
internal sealed class Gate : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _relays = [];
    private readonly Uri _server;
    private readonly Task _accepting;
    private CancellationTokenSource _open = new();

    public Gate(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new UriBuilder(server) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The server's address by way of the gate.</summary>
    public Uri Address { get; }

    public void Close() => Current.Cancel();

    public void Open()
    {
        lock (_lock)
        {
            _open = new CancellationTokenSource();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Close();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(Relays());
        _stopping.Dispose();
    }

    private CancellationTokenSource Current
    {
        get
        {
            lock (_lock)
            {
                return _open;
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                var relay = RelayAsync(client, Current.Token);
                lock (_lock)
                {
                    _relays.RemoveWhere(ended => ended.IsCompleted);
                    _relays.Add(relay);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RelayAsync(TcpClient client, CancellationToken closed)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        try
        {
            await far.ConnectAsync(_server.Host, _server.Port, closed);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(closed);
            Task[] ways =
            [
                near.GetStream().CopyToAsync(far.GetStream(), ended.Token),
                far.GetStream().CopyToAsync(near.GetStream(), ended.Token),
            ];
            await Task.WhenAny(ways);
            await ended.CancelAsync();
            await Task.WhenAll(ways);
        }
        catch (Exception broken) when (broken is SocketException or IOException or OperationCanceledException)
        {
            // A connection that ends: both ends are closed.
        }
    }

    private Task[] Relays()
    {
        lock (_lock)
        {
            return [.. _relays];
        }
    }
}
