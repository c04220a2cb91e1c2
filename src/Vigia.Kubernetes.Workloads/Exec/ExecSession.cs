using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Vigia.Kubernetes.Workloads;

/// <summary>A command that runs in a container: its input, output, errors, terminal size, and how it ends.</summary>
/// <remarks>
/// <b>Guarantees.</b> Bytes of a stream arrive in the order in which the command wrote them. Unread output is buffered
/// up to 1 MiB per stream; then the command waits (and with it the other stream, since both share a connection): read
/// both, or request only one. <see cref="Completion"/> ends when the command has ended and all its output has been
/// received; it never throws, and reports a broken connection. Disposing ends the session, and with it, on a server,
/// the command's input; the command itself may continue in the container. Writes and resizes are thread-safe.
/// </remarks>
public sealed class ExecSession : IAsyncDisposable
{
    private const byte Input = 0,
        Output = 1,
        Errors = 2,
        Ending = 3,
        Size = 4,
        Close = 255;
    private const int LargestWrite = 32 << 10;
    private static readonly PipeOptions Kept = new(
        pauseWriterThreshold: 1 << 20,
        resumeWriterThreshold: 1 << 19,
        useSynchronizationContext: false
    );

    private readonly WebSocket _socket;
    private readonly string _what;
    private readonly Pipe _output = new(Kept);
    private readonly Pipe _errors = new(Kept);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    internal ExecSession(WebSocket socket, string what)
    {
        (_socket, _what) = (socket, what);
        StandardOutput = _output.Reader.AsStream();
        StandardError = _errors.Reader.AsStream();
        StandardInput = new InputStream(this);
        Completion = Task.Run(ReceiveAsync, CancellationToken.None);
    }

    /// <summary>The command's input; every write is sent at once.</summary>
    public Stream StandardInput { get; }

    /// <summary>The command's output; with a terminal its errors too. Ends when the command does.</summary>
    public Stream StandardOutput { get; }

    /// <summary>The command's standard error; empty with a terminal.</summary>
    public Stream StandardError { get; }

    /// <summary>How the command ended. Never faults: a broken connection is a result without an exit code.</summary>
    public Task<ExecResult> Completion { get; }

    /// <summary>
    /// True if the protocol can signal the end of the input (v5.channel.k8s.io, Kubernetes 1.30 and later).
    /// </summary>
    public bool CanEndInput => _socket.SubProtocol == "v5.channel.k8s.io";

    /// <summary>Sends the size of the terminal to the command.</summary>
    /// <param name="columns">1 to 65535.</param>
    /// <param name="rows">1 to 65535.</param>
    /// <param name="ct">Cancels it.</param>
    public Task ResizeAsync(int columns, int rows, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns is > 0 and < 65_536 && rows is > 0 and < 65_536, true);
        return SendAsync(
            Size,
            Encoding.ASCII.GetBytes(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{{\"Width\":{columns},\"Height\":{rows}}}")
            ),
            ct
        );
    }

    /// <summary>Signals the end of the input to the command.</summary>
    /// <returns>
    /// False if the protocol cannot signal it (<see cref="CanEndInput"/>): the command keeps waiting for input.
    /// </returns>
    public async Task<bool> EndInputAsync(CancellationToken ct = default)
    {
        if (!CanEndInput)
        {
            return false;
        }

        await SendAsync(Close, new[] { Input }, ct);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        _socket.Abort();
        await _output.Reader.CompleteAsync(); // a writer that waits for a reader is let go
        await _errors.Reader.CompleteAsync();
        await Completion;
        await _sending.WaitAsync(CancellationToken.None); // a sender has seen the socket close
        _socket.Dispose();
        _sending.Dispose();
        _stopping.Dispose();
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var frame = ArrayPool<byte>.Shared.Rent(Math.Min(bytes.Length, LargestWrite) + 1);
        await _sending.WaitAsync(ct);
        try
        {
            frame[0] = channel;
            do
            {
                var length = Math.Min(bytes.Length, LargestWrite);
                bytes.Span[..length].CopyTo(frame.AsSpan(1));
                await _socket.SendAsync(frame.AsMemory(0, length + 1), WebSocketMessageType.Binary, endOfMessage: true, ct);
                bytes = bytes[length..];
            } while (bytes.Length > 0);
        }
        catch (WebSocketException error)
        {
            throw new KubernetesConnectionException($"{_what}: the session has ended", error);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Dispatches messages until the server closes: each begins with the number of its channel.</summary>
    private async Task<ExecResult> ReceiveAsync()
    {
        ExecResult? told = null;
        try
        {
            var buffer = new byte[32 << 10];
            var ending = new ArrayBufferWriter<byte>();
            var (channel, first) = ((byte)0, true);
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(), _stopping.Token);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await AnswerCloseAsync();
                    return told ?? new(null, $"{_what}: the server closed the session without the command's exit status{Why()}");
                }

                var bytes = buffer.AsMemory(0, read.Count);
                if (first && bytes.Length > 0)
                {
                    (channel, bytes, first) = (bytes.Span[0], bytes[1..], false);
                }

                if (channel is Output or Errors && bytes.Length > 0)
                {
                    await (channel == Output ? _output : _errors).Writer.WriteAsync(bytes, _stopping.Token);
                }
                else if (channel == Ending)
                {
                    ending.Write(bytes.Span);
                }

                if (read.EndOfMessage)
                {
                    told = channel == Ending && ending.WrittenCount > 0 ? Result(ending.WrittenSpan) : told;
                    first = true;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return told ?? new(null, $"{_what}: ended by the client");
        }
        catch (Exception error) when (error is WebSocketException or IOException or ObjectDisposedException)
        {
            return told
                ?? new(
                    null,
                    _stopping.IsCancellationRequested
                        ? $"{_what}: ended by the client"
                        : $"{_what}: the connection broke: {(error.InnerException ?? error).Message.TrimEnd('.')}"
                );
        }
        finally
        {
            await _output.Writer.CompleteAsync();
            await _errors.Writer.CompleteAsync();
        }
    }

    private string Why() => string.IsNullOrEmpty(_socket.CloseStatusDescription) ? "" : $": {_socket.CloseStatusDescription}";

    private async Task AnswerCloseAsync()
    {
        if (_socket.State == WebSocketState.CloseReceived)
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", _stopping.Token);
        }
    }

    private static ExecResult Result(ReadOnlySpan<byte> utf8)
    {
        var status = KubernetesStatus.Parse(utf8);
        var success = status.Code == 0 && status.Reason.Length == 0 && IsSuccess(utf8);
        return ExecResult.Of(status, success);
    }

    private static bool IsSuccess(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("status"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("Success"u8);
                }
            }
        }
        catch (JsonException)
        {
            // Older protocols send an error as plain text: KubernetesStatus has made it the message.
        }

        return false;
    }

    /// <summary>Writes to the command's input.</summary>
    private sealed class InputStream(ExecSession owner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length > 0)
            {
                await owner.SendAsync(Input, buffer, cancellationToken);
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("synchronous writes are not supported: use WriteAsync");

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
