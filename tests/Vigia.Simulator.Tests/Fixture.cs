using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Vigia.Simulator.Tests;

/// <summary>A simulator and a client of it, for one test.</summary>
internal sealed class Fixture : IAsyncDisposable
{
    private Fixture(VigiaSimulator simulator)
    {
        Simulator = simulator;
        Http = new HttpClient { BaseAddress = new Uri(simulator.Url), Timeout = TimeSpan.FromSeconds(20) };
    }

    public VigiaSimulator Simulator { get; }

    public HttpClient Http { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Fixture> StartAsync(SimulatorOptions? options = null) => new(await VigiaSimulator.StartAsync(options, Token));

    public static JsonObject ConfigMap(
        string name,
        string value = "1",
        string ns = "default",
        params (string Key, string Value)[] labels
    ) =>
        new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = ns,
                ["labels"] = new JsonObject(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
            },
            ["data"] = new JsonObject { ["v"] = value },
        };

    public async Task<JsonObject> GetAsync(string path, int expect = 200, string accept = "application/json") =>
        await SendAsync(HttpMethod.Get, path, null, expect, accept: accept);

    public async Task<JsonObject> SendAsync(
        HttpMethod method,
        string path,
        string? body,
        int expect = 200,
        string contentType = "application/json",
        string accept = "application/json",
        string? token = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }

        using var response = await Http.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True((int)response.StatusCode == expect, $"{method} {path}: expected {expect}, got {(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    public async Task<WatchReader> WatchAsync(string path)
    {
        var response = await Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        return new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(Token)));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Simulator.DisposeAsync();
    }
}

/// <summary>Reads the events of a watch one by one.</summary>
internal sealed class WatchReader(HttpResponseMessage response, StreamReader reader) : IDisposable
{
    /// <summary>The next event as <c>TYPE name</c> beside its object; null at the end of the stream.</summary>
    public async Task<(string Text, JsonObject Object)?> NextAsync(TimeSpan? within = null)
    {
        var line = await reader
            .ReadLineAsync(Fixture.Token)
            .AsTask()
            .WaitAsync(within ?? TimeSpan.FromSeconds(10), TimeProvider.System, Fixture.Token);
        if (line is null)
        {
            return null;
        }

        var json = JsonNode.Parse(line)!.AsObject();
        var obj = json["object"]!.AsObject();
        return ($"{(string?)json["type"]} {(string?)obj["metadata"]?["name"]}".TrimEnd(), obj);
    }

    /// <summary>The next line as it stands; null at the end of the stream.</summary>
    public async Task<string?> LineAsync() =>
        await reader.ReadLineAsync(Fixture.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Fixture.Token);

    /// <summary>All that comes before the stream breaks or ends, and whether it broke.</summary>
    public async Task<(string Text, bool Broke)> RestAsync()
    {
        var (text, buffer) = (new StringBuilder(), new char[4096]);
        try
        {
            while (
                await reader
                    .ReadAsync(buffer, Fixture.Token)
                    .AsTask()
                    .WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Fixture.Token)
                    is var n
                        and > 0
            )
            {
                text.Append(buffer, 0, n);
            }

            return (text.ToString(), false);
        }
        catch (IOException)
        {
            return (text.ToString(), true);
        }
    }

    public async Task<string?> TextAsync() => (await NextAsync())?.Text;

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
