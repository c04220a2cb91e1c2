using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Reflecting;

/// <summary>
/// A real socket that answers each request with the next canned text and keeps what was asked: for what stands in the
/// request line and its headers.
/// </summary>
internal sealed class WireServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly Task _loop;

    public WireServer()
    {
        _listener.Start();
        _loop = Task.Run(() => ServeAsync(_stopping.Token));
        Client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "wire",
                Cluster = "wire",
                Server = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"),
                Credentials = StaticCredential.None,
            }
        );
    }

    public KubernetesClient Client { get; }

    /// <summary>Path and query of each request.</summary>
    public ConcurrentQueue<string> Targets { get; } = new();

    /// <summary>The Accept header of each request.</summary>
    public ConcurrentQueue<string> Accepts { get; } = new();

    public void Answer(string body, int code = 200, string headers = "") =>
        _answers.Enqueue(
            $"HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: "
                + $"close\r\n{headers}\r\n{body}"
        );

    /// <summary>The query of the last request, as name → value.</summary>
    public Dictionary<string, string> LastQuery()
    {
        var target = Targets.Last();
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0
            ? []
            : target[(mark + 1)..]
                .Split('&')
                .Select(pair => pair.Split('=', 2))
                .ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        _listener.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var socket = await _listener.AcceptTcpClientAsync(cancellationToken);
                await using var stream = socket.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var line = await reader.ReadLineAsync(cancellationToken) ?? "";
                while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } header)
                {
                    if (header.StartsWith("Accept:", StringComparison.OrdinalIgnoreCase))
                    {
                        Accepts.Enqueue(header["Accept:".Length..].Trim());
                    }
                }

                Targets.Enqueue(line.Split(' ')[1]);
                Assert.True(_answers.TryDequeue(out var answer), $"nothing to answer {line} with");
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
