using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests;

/// <summary>The stock WebSocket client of .NET, keeping what comes.</summary>
internal sealed class SocketClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonObject> _messages = [];
    private readonly CancellationTokenSource _closing = new();
    private Task _loop = Task.CompletedTask;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    public bool HasEnded => _loop.IsCompleted;

    public IReadOnlyList<JsonObject> Messages
    {
        get
        {
            lock (_messages)
            {
                return [.. _messages];
            }
        }
    }

    public static async Task<SocketClient> OpenAsync(GatewayServer gateway, string path = "api/v1/ws", string? origin = null)
    {
        var client = new SocketClient();
        if (origin is not null)
        {
            client._socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await client._socket.ConnectAsync(
                new UriBuilder(new Uri(gateway.Url, path)) { Scheme = "ws" }.Uri,
                TestContext.Current.CancellationToken
            );
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }

        client._loop = Task.Run(client.ReadAsync);
        return client;
    }

    /// <summary>A subscription's changes and resets, as <c>+a ~a -a reset:start</c>.</summary>
    public string Story(string id) =>
        string.Join(' ', Messages.Where(m => (string?)m["id"] == id).Select(Word).Where(word => word.Length > 0));

    public string LastCursor(string id) => (string)Messages.Last(m => (string?)m["id"] == id)["cursor"]!;

    public Task SendAsync(string text, bool end = true) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, end, TestContext.Current.CancellationToken);

    public Task SendBinaryAsync() =>
        _socket.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary, true, TestContext.Current.CancellationToken);

    public Task CloseAsync() => _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", TestContext.Current.CancellationToken);

    public void Abort() => _socket.Abort();

    public Task UntilAsync(Func<IReadOnlyList<JsonObject>, bool> condition, string what) =>
        Eventually.TrueAsync(() => condition(Messages), what, saw: () => string.Join('\n', Messages.Select(m => m.ToJsonString())));

    public Task StoryAsync(string id, string expected) => UntilAsync(_ => Story(id) == expected, $"{id}: {expected}");

    public Task TypeAsync(string type, string? id = null) =>
        UntilAsync(messages => messages.Any(m => (string?)m["type"] == type && (id is null || (string?)m["id"] == id)), $"{type} of {id}");

    public Task EndedAsync() => Eventually.TrueAsync(() => HasEnded, "the server closes");

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _socket.Abort();
        await _loop;
        _socket.Dispose();
        _closing.Dispose();
    }

    private static string Word(JsonObject message) =>
        (string?)message["type"] switch
        {
            "added" => $"+{message["name"]}",
            "updated" => $"~{message["name"]}",
            "deleted" => $"-{message["name"]}",
            "reset" => $"reset:{message["reason"]}",
            _ => "",
        };

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 20];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await _socket.ReceiveAsync(buffer.AsMemory(length), _closing.Token);
                    length += read.Count;
                } while (!read.EndOfMessage);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                lock (_messages)
                {
                    _messages.Add(JsonNode.Parse(buffer.AsSpan(0, length))!.AsObject());
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException)
        {
            // Closed by one side or the other: see HasEnded.
        }
    }
}
