using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Vigia.Simulator.Requests;
using Vigia.Simulator.Subresources.Streams;

namespace Vigia.Simulator.Subresources;

/// <summary>
/// The streams over a WebSocket: every message begins with the number of its channel (0 input, 1 output, 2 errors, 3
/// how it ended, 4 terminal size), with v5 255 closes another. With the base64 protocols the number is a digit and the
/// rest is base64.
/// </summary>
internal sealed class WebSocketStreams : RemoteStreams
{
    /// <summary>The supported subprotocols, in the order of a server's preference.</summary>
    public static readonly string[] Protocols =
    [
        "v5.channel.k8s.io",
        "v4.channel.k8s.io",
        "v3.channel.k8s.io",
        "v2.channel.k8s.io",
        "channel.k8s.io",
        "v4.base64.channel.k8s.io",
        "base64.channel.k8s.io",
    ];

    private const byte StandardInput = 0,
        StandardOutput = 1,
        StandardError = 2,
        Ending = 3,
        Resizing = 4,
        Closing = 255;

    private readonly ChannelSocket _socket;
    private readonly bool _structured;
    private readonly Task _receiving;

    public WebSocketStreams(WebSocket socket, CancellationToken aborted)
    {
        _socket = new ChannelSocket(socket);
        _structured =
            socket.SubProtocol is { } name
            && (name.StartsWith("v4", StringComparison.Ordinal) || name.StartsWith("v5", StringComparison.Ordinal));
        _receiving = Task.Run(() => ReceiveAsync(aborted), CancellationToken.None);
    }

    /// <summary>
    /// A kubelet's first message: an empty one on the first channel it writes to, so that the client knows that the
    /// session is set up.
    /// </summary>
    public Task GreetAsync(CancellationToken cancellationToken) =>
        _socket.SendAsync(StandardOutput, ReadOnlyMemory<byte>.Empty, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool error, CancellationToken cancellationToken) =>
        await _socket.SendAsync(error ? StandardError : StandardOutput, bytes, cancellationToken);

    public override async Task FinishAsync(JsonObject status, CancellationToken cancellationToken)
    {
        var failed = (string?)status["status"] != "Success";
        if (_structured)
        {
            await _socket.SendAsync(Ending, Answers.Bytes(status), cancellationToken);
        }
        else if (failed)
        {
            await _socket.SendAsync(Ending, Answers.Utf8((string?)status["message"] ?? "failed"), cancellationToken);
        }

        await _socket.CloseOutputAsync(cancellationToken);
    }

    public override async Task CloseAsync()
    {
        await Input.CompleteAsync(); // nobody reads any more, and nobody has to wait to write
        // The client has a moment to answer the close; then the socket goes.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        await _receiving.WaitAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Abort();
    }

    public override async ValueTask DisposeAsync()
    {
        await _receiving;
        _socket.Dispose();
        await base.DisposeAsync();
    }

    private async Task ReceiveAsync(CancellationToken aborted)
    {
        await _socket.ReceiveAsync(TakeAsync, aborted);
        await LeaveAsync();
    }

    private async ValueTask TakeAsync(byte channel, ReadOnlyMemory<byte> bytes)
    {
        switch (channel)
        {
            case StandardInput when bytes.Length > 0 && !DiscardsInput:
                await InputWriter.WriteAsync(bytes);
                break;
            case Resizing when bytes.Length > 0:
                Resize(bytes.Span);
                break;
            case Closing when bytes.Length == 1 && bytes.Span[0] == StandardInput:
                await InputWriter.CompleteAsync();
                break;
        }
    }
}
