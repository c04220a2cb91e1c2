using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vigia.Kubernetes.Tests.Configuration;

/// <summary>
/// Answers one request after the other with an empty object, and keeps the headers of the last one as they came.
/// </summary>
internal sealed class HeaderServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public HeaderServer()
    {
        _listener.Start();
        _loop = RunAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public IReadOnlyList<string> Headers { get; private set; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                var headers = new List<string>();
                while (await reader.ReadLineAsync(_stopping.Token) is { Length: > 0 } line)
                {
                    headers.Add(line);
                }

                Headers = headers;
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                    ),
                    _stopping.Token
                );
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or InvalidOperationException or IOException)
        {
            // Stopped.
        }
    }
}
