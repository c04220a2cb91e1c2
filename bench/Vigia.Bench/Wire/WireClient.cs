using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Transport;

namespace Vigia.Bench.Wire;

/// <summary>What one request brought, and when.</summary>
/// <param name="Body">As it came, compressed or not.</param>
/// <param name="FirstByteMs">From the request to the body's first byte.</param>
/// <param name="LastByteMs">From the request to its last.</param>
/// <param name="ServerCpuMs">CPU that the server's process used meanwhile; 0 where its id was not given.</param>
internal sealed record Fetched(byte[] Body, double FirstByteMs, double LastByteMs, double ServerCpuMs);

/// <summary>
/// Asks the API server with Vigia's own handler (TLS, HTTP/2, window), but leaves bodies as they came: the client's
/// options would inflate them.
/// </summary>
internal sealed class WireClient : IDisposable
{
    private readonly ClusterConfiguration _cluster;
    private readonly HttpClient _http;

    private WireClient(ClusterConfiguration cluster, HttpClient http) => (_cluster, _http) = (cluster, http);

    /// <summary>Makes a client for that cluster.</summary>
    public static async Task<WireClient> CreateAsync(ClusterConfiguration cluster, CancellationToken cancellationToken)
    {
        var credential = await cluster.Credentials.GetAsync(false, cancellationToken);
        var handler = HttpHandlers.Create(cluster, new KubernetesClientOptions { Compression = Compression.Off }, credential);
        return new(cluster, new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(2) });
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Gets a whole body.</summary>
    public async Task<Fetched> GetAsync(string path, Variant variant, int serverPid, CancellationToken cancellationToken)
    {
        using var server = serverPid > 0 ? Process.GetProcessById(serverPid) : null;
        var before = server?.TotalProcessorTime ?? TimeSpan.Zero;
        var watch = Stopwatch.StartNew();
        using var response = await SendAsync(path, variant, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var all = new MemoryStream(1 << 20);
        var chunk = new byte[1 << 20];
        var first = 0.0;
        for (int read; (read = await body.ReadAsync(chunk, cancellationToken)) > 0; )
        {
            first = first == 0 ? watch.Elapsed.TotalMilliseconds : first;
            all.Write(chunk, 0, read);
        }

        var last = watch.Elapsed.TotalMilliseconds;
        server?.Refresh();
        return new(all.ToArray(), first, last, ((server?.TotalProcessorTime ?? TimeSpan.Zero) - before).TotalMilliseconds);
    }

    /// <summary>
    /// The first events of a watch, which are the objects as they stand: frames without what separates them.
    /// </summary>
    public async Task<List<byte[]>> WatchAsync(string path, Variant variant, int count, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            $"{path}?watch=true&timeoutSeconds=30",
            variant.IsProtobuf ? variant with { Accept = variant.Accept + ";stream=watch" } : variant,
            cancellationToken
        );
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var frames = new List<byte[]>();
        if (!variant.IsProtobuf)
        {
            using var lines = new StreamReader(body);
            while (frames.Count < count && await lines.ReadLineAsync(cancellationToken) is { } line)
            {
                frames.Add(System.Text.Encoding.UTF8.GetBytes(line));
            }

            return frames;
        }

        var length = new byte[4];
        while (frames.Count < count && await body.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, cancellationToken) == 4)
        {
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await body.ReadExactlyAsync(frame, cancellationToken);
            frames.Add(frame);
        }

        return frames;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, Variant variant, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_cluster.Server, path)) { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Accept", variant.Accept);
        request.Headers.TryAddWithoutValidation("User-Agent", "vigia-bench");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", variant.Gzip ? "gzip" : "identity");
        if ((await _cluster.Credentials.GetAsync(false, cancellationToken)).AuthorizationHeader is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }
}
