using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Vigia.Kubernetes.Tests.Exec;
using Vigia.Kubernetes.Workloads;

namespace Vigia.Kubernetes.Tests.PortForwarding;

public sealed class PortForwardTests
{
    private static CancellationToken Token => PodFixture.Token;

    [Fact]
    public async Task A_browser_talks_to_the_pod_over_many_connections_at_once()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var forward = await new PortForwardClient(fixture.Simulator.Client).StartAsync(new(PodFixture.Pod, 8080), Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{forward.LocalEndPoint}") };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => http.GetStringAsync($"/page/{i}", Token)));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"pod default/web-0 port 8080: GET /page/{i}, 0 bytes\n"), answers);
        Assert.InRange(forward.Total, 1, 20);
        Assert.True(forward is { BytesSent: > 0, BytesReceived: > 0, LastError: null });
    }

    [Fact]
    public async Task Twenty_megabytes_come_through_whole()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var forward = await new PortForwardClient(fixture.Simulator.Client).StartAsync(new(PodFixture.Pod, 8080), Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{forward.LocalEndPoint}") };

        var bytes = await http.GetByteArrayAsync("/bytes/20000000", Token);

        Assert.Equal(20_000_000, bytes.Length);
        Assert.True(bytes.Index().All(b => b.Item == (byte)(b.Index % (32 << 10))), "bytes are out of order");
        using var content = new ByteArrayContent(bytes)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") },
        };
        using var posted = await http.PostAsync("/upload", content, Token);
        Assert.Equal("pod default/web-0 port 8080: POST /upload, 20000000 bytes\n", await posted.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_client_that_has_said_all_it_has_to_say_still_gets_the_answer()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var forward = await new PortForwardClient(fixture.Simulator.Client).StartAsync(
            new(PodFixture.Pod, 7) { Linger = TimeSpan.FromMilliseconds(300) },
            Token
        );
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(forward.LocalEndPoint, Token);
        using var reader = new StreamReader(new NetworkStream(socket));
        await socket.SendAsync("hello"u8.ToArray(), Token);
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("hello", await reader.ReadToEndAsync(Token));
        await Testing.Eventually.TrueAsync(() => forward.Open == 0, "the connection is closed", cancellationToken: Token);
    }

    [Fact]
    public async Task A_port_where_nothing_listens_costs_its_connection_only_and_is_told()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var forward = await new PortForwardClient(fixture.Simulator.Client).StartAsync(new(PodFixture.Pod, 9999), Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{forward.LocalEndPoint}") };

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetStringAsync("/", Token));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetStringAsync("/", Token));

        await Testing.Eventually.TrueAsync(() => forward.LastError is not null, "an error", cancellationToken: Token);
        Assert.StartsWith("port 9999 of pod default/web-0: error forwarding port 9999 to pod", forward.LastError, StringComparison.Ordinal);
        Assert.EndsWith("connect: connection refused", forward.LastError, StringComparison.Ordinal);
        Assert.Equal(2, forward.Total);
    }

    [Fact]
    public async Task What_cannot_be_forwarded_is_refused_at_the_start_in_one_sentence()
    {
        await using var fixture = await PodFixture.StartAsync();
        var client = new PortForwardClient(fixture.Simulator.Client);

        var nobody = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.StartAsync(new(new ObjectKey("default", "nobody"), 80), Token)
        );
        Assert.Equal("pods \"nobody\" not found", nobody.Message);
        await using var first = await client.StartAsync(new(PodFixture.Pod, 8080), Token);
        var taken = await Assert.ThrowsAsync<IOException>(() =>
            client.StartAsync(new(PodFixture.Pod, 8080) { LocalPort = first.LocalEndPoint.Port }, Token)
        );
        Assert.Equal($"cannot listen on {first.LocalEndPoint}: the port is in use; choose another, or 0 for any free port", taken.Message);
        Assert.Equal(
            "kubectl port-forward pods/web-0 -n default 8081:80",
            new PortForwardOptions(PodFixture.Pod, 80) { LocalPort = 8081 }.Kubectl()
        );
    }

    [Fact]
    public async Task A_single_connection_is_a_stream()
    {
        await using var fixture = await PodFixture.StartAsync();
        await using var stream = await new PortForwardClient(fixture.Simulator.Client).ConnectAsync(PodFixture.Pod, 7, Token);

        await stream.WriteAsync("ping"u8.ToArray(), Token);
        var buffer = new byte[4];
        await stream.ReadExactlyAsync(buffer, Token);

        Assert.Equal("ping", Encoding.ASCII.GetString(buffer));
    }
}
