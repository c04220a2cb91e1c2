using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Subresources.Streams;

/// <summary>
/// The listeners in a simulated pod: a small web server on every port that its containers name, and an echo on port 7.
/// </summary>
internal sealed class PodPort
{
    private const int EchoPort = 7;
    private const int LargestHead = 64 << 10;
    private const long LargestBody = 1 << 30;

    private readonly JsonObject _pod;
    private readonly int _port;

    private PodPort(JsonObject pod, int port) => (_pod, _port) = (pod, port);

    /// <summary>The listener of a port; null if nothing listens.</summary>
    public static PodPort? Find(JsonObject pod, int port)
    {
        var named = ContainerInstance.Containers(pod).SelectMany(c => (c["ports"] as JsonArray ?? []).OfType<JsonObject>());
        return port == EchoPort || named.Any(p => Json.Int(p["containerPort"]) == port) ? new PodPort(pod, port) : null;
    }

    /// <summary>A kubelet's error for a port without a listener.</summary>
    public static string Refused(JsonObject pod, int port) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"error forwarding port {port} to pod {Json.Text(pod["metadata"]?["uid"])}: failed to connect to localhost:{port} inside "
                + $"namespace \"{Json.Text(pod["metadata"]?["name"])}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused"
        );

    /// <summary>Serves one connection until either side ends it.</summary>
    public async Task ServeAsync(PipeReader input, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        if (_port == EchoPort)
        {
            await EchoAsync(input, write, cancellationToken);
            return;
        }

        while (await ReadRequestAsync(input, cancellationToken) is { } request)
        {
            await AnswerAsync(request, write);
            if (request.Closes)
            {
                return;
            }
        }
    }

    private static async Task EchoAsync(PipeReader input, Func<ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                await write(segment);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary><c>/bytes/N</c> answers N bytes, any other path answers with the request and the pod.</summary>
    private async Task AnswerAsync(Request request, Func<ReadOnlyMemory<byte>, ValueTask> write)
    {
        if (
            request.Path.StartsWith("/bytes/", StringComparison.Ordinal)
            && long.TryParse(request.Path.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= LargestBody
        )
        {
            await write(
                Encoding.ASCII.GetBytes(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
                    )
                )
            );
            var piece = new byte[32 << 10];
            for (var i = 0; i < piece.Length; i++)
            {
                piece[i] = (byte)i;
            }

            for (; length > 0; length -= piece.Length)
            {
                await write(piece.AsMemory(0, (int)Math.Min(length, piece.Length)));
            }

            return;
        }

        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"pod {Json.Text(_pod["metadata"]?["namespace"])}/{Json.Text(_pod["metadata"]?["name"])} port {_port}: {request.Method} "
                + $"{request.Path}, {request.BodyBytes} bytes\n"
        );
        await write(
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                        + $"{text.Length}\r\n{(request.Closes ? "Connection: close\r\n" : "")}\r\n{(request.Method == "HEAD" ? "" : text)}"
                )
            )
        );
    }

    private static async Task<Request?> ReadRequestAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var head = Encoding.Latin1.GetString(
                System.Buffers.BuffersExtensions.ToArray(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, LargestHead)))
            );
            var end = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted || read.Buffer.Length >= LargestHead)
                {
                    return null;
                }

                continue;
            }

            input.AdvanceTo(read.Buffer.GetPosition(end + 4));
            var lines = head[..end].Split("\r\n");
            var words = lines[0].Split(' ');
            var length =
                lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } header
                && long.TryParse(header.AsSpan(15).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                    ? bytes
                    : 0;
            await SkipAsync(input, length, cancellationToken);
            var closes = Array.Exists(lines, line => line.Equals("Connection: close", StringComparison.OrdinalIgnoreCase));
            return words.Length < 2 ? null : new Request(words[0], words[1], length, closes);
        }
    }

    private static async Task SkipAsync(PipeReader input, long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            var read = await input.ReadAsync(cancellationToken);
            var taken = Math.Min(length, read.Buffer.Length);
            input.AdvanceTo(read.Buffer.GetPosition(taken));
            length -= taken;
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private sealed record Request(string Method, string Path, long BodyBytes, bool Closes);
}
