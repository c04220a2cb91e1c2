using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>A TCP connection that sends whatever it is told to: no client library would.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;

    private RawConnection(Socket socket) => _socket = socket;

    public static async Task<RawConnection> OpenAsync(Uri gateway, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        try
        {
            await socket.ConnectAsync(gateway.Host, gateway.Port, TestContext.Current.CancellationToken);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sends bytes (characters up to 255, one each) and reads until the other side closes, or an answer that may go on
    /// for ever has begun.
    /// </summary>
    public static async Task<RawAnswer> ExchangeAsync(Uri gateway, string bytes, bool stopAtHead = false)
    {
        try
        {
            using var connection = await OpenAsync(gateway);
            await connection.SendAsync(bytes);
            return await connection.ToEndAsync(stopAtHead);
        }
        catch (SocketException)
        {
            // Reset before the client knew that it was open.
            return new("", HasClosed: true);
        }
    }

    /// <summary>A GET of exactly this target, answered and closed.</summary>
    public static Task<RawAnswer> GetAsync(Uri gateway, string target, string headers = "") =>
        ExchangeAsync(gateway, $"GET {target} HTTP/1.1\r\nHost: {gateway.Authority}\r\nConnection: close\r\n{headers}\r\n");

    /// <summary>Sends bytes; false where the other side has closed.</summary>
    public async Task<bool> SendAsync(string bytes, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, TestContext.Current.CancellationToken);
        try
        {
            var rest = (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(bytes);
            while (rest.Length > 0)
            {
                rest = rest[await _socket.SendAsync(rest, either.Token)..];
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Some bytes; 0 at the end, which a reset is as well.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>All that comes until the other side closes.</summary>
    public async Task<RawAnswer> ToEndAsync(bool stopAtHead = false)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var (text, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        try
        {
            while (await ReadAsync(buffer, patience.Token) is > 0 and var length)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, length));
                if (
                    stopAtHead
                    && text.ToString() is var soFar
                    && soFar.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                    && soFar.Contains("\r\n\r\n", StringComparison.Ordinal)
                )
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return new(text.ToString(), HasClosed: false);
        }

        return new(text.ToString(), HasClosed: true);
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>What came back.</summary>
/// <param name="Text">All bytes as Latin-1.</param>
/// <param name="HasClosed">False where the server left the connection open.</param>
internal sealed record RawAnswer(string Text, bool HasClosed)
{
    /// <summary>The first answer's status; 0 where the connection was closed without one.</summary>
    public int Status =>
        Text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            ? int.Parse(Text.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;

    /// <summary>How many answers came.</summary>
    public int Count => Text.Split("HTTP/1.1 ").Length - 1;

    public string Head => Text.Split("\r\n\r\n")[0];

    public string Body => Head.Length + 4 <= Text.Length ? Text[(Head.Length + 4)..] : "";

    /// <summary>The error document's sentence; fails where there is none.</summary>
    public string Error
    {
        get
        {
            Assert.True(Head.Contains("json", StringComparison.Ordinal), Text);
            var body = JsonNode.Parse(Encoding.Latin1.GetBytes(Body))!;
            return (string?)body["error"] ?? (string?)body["message"] ?? throw new InvalidOperationException(Text);
        }
    }

    public override string ToString() => Text.Length <= 2000 ? Text : Text[..2000];
}
