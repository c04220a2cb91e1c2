using System.Text.Json.Nodes;
using Vigia.Testing;

namespace Vigia.Gateway.Tests;

/// <summary>An event as it came.</summary>
internal sealed record SseEvent(string Id, string Name, JsonObject Data)
{
    public string ObjectName => (string?)Data["name"] ?? "";

    public override string ToString() =>
        Name switch
        {
            "added" => $"+{ObjectName}",
            "updated" => $"~{ObjectName}",
            "deleted" => $"-{ObjectName}",
            "reset" => $"reset:{Data["reason"]}",
            _ => Name,
        };
}

/// <summary>
/// A reader of Server-Sent Events that follows the specification's rules: lines, fields, a blank line dispatches.
/// </summary>
internal sealed class SseClient : IAsyncDisposable
{
    private static readonly JsonObject Nothing = [];

    private readonly HttpResponseMessage _response;
    private readonly bool _keepData;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<SseEvent> _events = [];
    private readonly Task _loop;

    private SseClient(HttpResponseMessage response, Stream body, bool keepData)
    {
        _response = response;
        _keepData = keepData;
        _loop = Task.Run(() => ReadAsync(body));
    }

    public string LastId { get; private set; } = "";

    public bool HasEnded => _loop.IsCompleted;

    public IReadOnlyList<SseEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>The events about objects and resets, as <c>+a ~a -a reset:start</c>.</summary>
    public string Story => string.Join(' ', Events.Where(e => e.Name is "added" or "updated" or "deleted" or "reset"));

    public static async Task<SseClient> OpenAsync(HttpClient http, Uri url, string? cursor, bool keepData = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (cursor is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(
            response.IsSuccessStatusCode,
            $"{url}: {(int)response.StatusCode} {(response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync())}"
        );
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new SseClient(response, await response.Content.ReadAsStreamAsync(), keepData);
    }

    public Task UntilAsync(Func<IReadOnlyList<SseEvent>, bool> condition, string what) =>
        Eventually.TrueAsync(
            () => condition(Events),
            what,
            saw: () => $"{string.Join(' ', Events)}{(HasEnded ? ", and the stream has ended" : "")}"
        );

    public Task SyncedAsync() => UntilAsync(events => events.Any(e => e.Name == "synced"), "synced");

    public Task StoryAsync(string expected) => UntilAsync(_ => Story == expected, expected);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _response.Dispose();
        await _loop;
        _closing.Dispose();
    }

    private async Task ReadAsync(Stream body)
    {
        try
        {
            using var reader = new StreamReader(body);
            string id = "",
                name = "message",
                data = "";
            while (await reader.ReadLineAsync(_closing.Token) is { } line)
            {
                if (line.Length == 0)
                {
                    if (data.Length > 0)
                    {
                        lock (_events)
                        {
                            _events.Add(
                                _keepData
                                    ? new SseEvent(id, name, JsonNode.Parse(data)!.AsObject())
                                    : new SseEvent("", string.Intern(name), Nothing)
                            );
                            LastId = id;
                        }
                    }

                    (name, data) = ("message", "");
                    continue;
                }

                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..].TrimStart(' '));
                switch (field)
                {
                    case "id":
                        id = value;
                        break;
                    case "event":
                        name = value;
                        break;
                    case "data":
                        data += value;
                        break;
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // Closed by one side or the other: see HasEnded.
        }
    }
}
