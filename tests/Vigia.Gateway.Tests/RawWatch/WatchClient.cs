using System.Net;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.RawWatch;

/// <summary>Reads watch events, one a line.</summary>
internal sealed class WatchClient : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly List<JsonObject> _events = [];
    private readonly Task _loop;

    private WatchClient(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _loop = Task.Run(() => ReadAsync(body));
    }

    public bool HasEnded => _loop.IsCompleted;

    public IReadOnlyList<JsonObject> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    public string Story => string.Join(' ', Events.Select(e => $"{e["type"]}:{e["object"]!["metadata"]?["name"]}"));

    public static Task<WatchClient> OpenAsync(GatewayFixture fixture, GatewayServer gateway, string path) =>
        OpenAsync(fixture, new Uri(gateway.Url, path));

    public static async Task<WatchClient> OpenAsync(GatewayFixture fixture, Uri url)
    {
        var response = await fixture.Http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new WatchClient(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    public Task StoryAsync(string expected) => Eventually.TrueAsync(() => Story == expected, expected);

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        await _loop;
    }

    private async Task ReadAsync(Stream body)
    {
        try
        {
            using var reader = new StreamReader(body);
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_events)
                {
                    _events.Add(JsonNode.Parse(line)!.AsObject());
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException or ObjectDisposedException or OperationCanceledException)
        {
            // Closed by one side or the other.
        }
    }
}
