using System.Net;
using System.Text;
using Vigia.Kubernetes.Transport;

namespace Vigia.Kubernetes.Tests.Transport;

/// <summary>
/// A server, or a proxy before it, that answers with more than it should: memory stays bounded, and messages short.
/// </summary>
public sealed class BoundedAnswerTests
{
    [Fact]
    public async Task A_body_is_read_up_to_its_bound_and_no_further()
    {
        await using var endless = new Endless();
        var (bytes, isWhole) = await BoundedBody.ReadAsync(endless, 1 << 20, TestContext.Current.CancellationToken);

        Assert.Equal((1 << 20, false), (bytes.Length, isWhole));
        Assert.InRange(endless.Taken, 1 << 20, (1 << 20) + (64 << 10));
        using var exact = new MemoryStream(new byte[100]);
        Assert.Equal((100, true), await LengthAsync(exact, 100));
        using var shorter = new MemoryStream(new byte[99]);
        Assert.Equal((99, true), await LengthAsync(shorter, 100));
        using var none = new MemoryStream([]);
        Assert.Equal((0, true), await LengthAsync(none, 100));
    }

    [Fact]
    public void A_refusals_message_and_causes_are_cut()
    {
        var causes = string.Join(',', Enumerable.Repeat($$"""{"reason":"r","message":"{{new string('c', 5000)}}"}""", 500));
        var status = KubernetesStatus.Parse(
            Encoding.UTF8.GetBytes(
                $$$"""{"kind":"Status","code":500,"message":"{{{new string('m', 20_000)}}}","details":{"causes":[{{{causes}}}]} }"""
            )
        );

        Assert.Equal(2049, status.Message.Length);
        Assert.EndsWith("…", status.Message, StringComparison.Ordinal);
        Assert.Equal(100, status.Causes.Count);
        Assert.All(status.Causes, cause => Assert.InRange(cause.Message.Length, 1, 2049));
    }

    [Theory]
    [InlineData(500, 3 << 20, "HTTP 500|[x]*")]
    [InlineData(200, 70 << 20, "more than 64 MiB")]
    public async Task An_answer_without_end_is_an_error_in_one_sentence(int status, int length, string expected)
    {
        using var listener = new HttpListener();
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var serving = Task.Run(async () =>
        {
            var context = await listener.GetContextAsync();
            context.Response.StatusCode = status;
            var part = new byte[1 << 20];
            Array.Fill(part, (byte)'x');
            try
            {
                for (var sent = 0; sent < length; sent += part.Length)
                {
                    await context.Response.OutputStream.WriteAsync(part);
                }

                context.Response.Close();
            }
            catch (Exception error) when (error is HttpListenerException or IOException or ObjectDisposedException)
            {
                // The client has read enough.
            }
        });
        await using var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "c",
                Cluster = "c",
                Server = new Uri($"http://127.0.0.1:{port}"),
                Credentials = StaticCredential.None,
            }
        );
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => client.GetBytesAsync("/api", ct: TestContext.Current.CancellationToken));

        Assert.Matches(expected, refused.Message);
        Assert.InRange(refused.Message.Length, 1, 2100);
        await client.DisposeAsync();
        listener.Stop();
        await serving;
    }

    [Fact]
    public async Task Credentials_do_not_go_over_an_unencrypted_line()
    {
        await using var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "c",
                Cluster = "c",
                User = "u",
                Server = new Uri("http://192.0.2.1:8080"),
                Credentials = new StaticCredential(new Credential("Bearer secret", null)),
            }
        );
        var refused = await Assert.ThrowsAsync<CredentialException>(() =>
            client.GetBytesAsync("/api", ct: TestContext.Current.CancellationToken)
        );

        Assert.Contains("would go to 192.0.2.1:8080 unencrypted", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(int, bool)> LengthAsync(Stream body, int longest)
    {
        var (bytes, isWhole) = await BoundedBody.ReadAsync(body, longest, TestContext.Current.CancellationToken);
        return (bytes.Length, isWhole);
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private sealed class Endless : Stream
    {
        public long Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = Math.Min(buffer.Length, 10_000);
            Taken += length;
            return ValueTask.FromResult(length);
        }

        public override int Read(byte[] buffer, int offset, int count) => count;

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
