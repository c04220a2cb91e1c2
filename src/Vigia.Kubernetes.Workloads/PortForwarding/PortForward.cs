using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Vigia.Kubernetes.Workloads;

/// <summary>A port of this machine that leads to a port of a pod, until it is disposed.</summary>
/// <remarks>
/// <b>Guarantees.</b> Many connections at once; a failed one does not affect the others, and is reported by
/// <see cref="LastError"/> and <see cref="Failed"/>. The listener stays when the pod is gone: connections then fail one
/// by one. Disposing closes the listener and every connection and waits for them. Counters may be read on any thread.
/// </remarks>
public sealed partial class PortForward : IAsyncDisposable
{
    private readonly PortForwardClient _client;
    private readonly TcpListener _listener;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _free;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;
    private long _sent;
    private long _received;
    private long _total;
    private int _open;
    private int _disposed;
    private volatile string? _lastError;

    internal PortForward(PortForwardClient client, PortForwardOptions options, TcpListener listener, TimeProvider time, ILogger logger)
    {
        (_client, Options, _listener, _time, _logger) = (client, options, listener, time, logger);
        LocalEndPoint = (IPEndPoint)listener.LocalEndpoint;
        Since = time.GetUtcNow();
        _free = new SemaphoreSlim(options.MaxConnections);
        _accepting = Task.Run(AcceptAsync, CancellationToken.None);
    }

    /// <summary>The options.</summary>
    public PortForwardOptions Options { get; }

    /// <summary>The address it listens on.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Connections in total.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Bytes sent to the pod.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    /// <summary>Bytes received from the pod.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Why a connection failed last, in one sentence; null while none has.</summary>
    public string? LastError => _lastError;

    /// <summary>Raised for each connection that fails, on some thread of the pool; handlers return soon.</summary>
    public event Action<string>? Failed;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open);
        _free.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stopping.Token);
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                socket.NoDelay = true;
                Interlocked.Increment(ref _total);
                Interlocked.Increment(ref _open);
                var connection = Task.Run(() => CarryAsync(socket), CancellationToken.None);
                lock (_gate)
                {
                    _connections.Add(connection);
                    _connections.RemoveWhere(task => task.IsCompleted);
                }
            }
            catch (Exception error)
                when (error is OperationCanceledException or ObjectDisposedException && _stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException error) when (!_stopping.IsCancellationRequested)
            {
                // As when too many files are open: the next one may fare better, but not at once.
                _free.Release();
                Tell($"cannot accept a connection on {LocalEndPoint}: {error.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(200), _time, CancellationToken.None);
            }
        }
    }

    private async Task CarryAsync(Socket socket)
    {
        await using var local = new NetworkStream(socket, ownsSocket: true);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        try
        {
            await using var pod = await _client.ConnectAsync(Options.Pod, Options.PodPort, ended.Token);
            var sending = CopyAsync(local, pod, sent: true, ended.Token);
            var receiving = CopyAsync(pod, local, sent: false, ended.Token);

            // The pod's end is the end, and so is a failure.
            if (await Task.WhenAny(receiving, sending) == sending && sending.IsCompletedSuccessfully)
            {
                await LingerAsync(receiving, ended.Token);
            }
            else
            {
                await (receiving.IsCompleted ? receiving : sending);
            }

            await ended.CancelAsync();
            await Task.WhenAll(sending, receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (Exception error) when (error is KubernetesApiException or KubernetesConnectionException or CredentialException)
        {
            socket.Close(0); // a reset, not an end: the client is not to take it for the whole answer
            Tell(error.Message);
        }
        catch (IOException)
        {
            // The local side has gone: its own affair.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _free.Release();
        }
    }

    /// <summary>
    /// The local side has sent everything. This protocol cannot signal that to the pod, whose answer may still be on
    /// its way, nor whether the client still reads. So the connection stays open while data arrives, and a while
    /// longer.
    /// </summary>
    private async Task LingerAsync(Task receiving, CancellationToken ct)
    {
        while (!receiving.IsCompleted)
        {
            var before = BytesReceived;
            await Task.WhenAny(receiving, Task.Delay(Options.Linger, _time, ct));
            if (BytesReceived == before)
            {
                return;
            }
        }

        await receiving;
    }

    private async Task CopyAsync(Stream from, Stream to, bool sent, CancellationToken ct)
    {
        var buffer = new byte[32 << 10];
        while (await from.ReadAsync(buffer, ct) is var length and > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, length), ct);
            Interlocked.Add(ref sent ? ref _sent : ref _received, length);
        }
    }

    private void Tell(string why)
    {
        _lastError = why;
        LogFailed(LocalEndPoint.ToString(), why);
        Failed?.Invoke(why);
    }

    [LoggerMessage(1021, LogLevel.Warning, "A connection to {Local} failed: {Reason}")]
    private partial void LogFailed(string local, string reason);
}
