using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Gateway.Hosting;

namespace Vigia.Gateway.Tests.OpenApi;

/// <summary>
/// Collects what a gateway really says, with the places of the schemas that its document has for it, and has ajv
/// validate all of it.
/// </summary>
internal sealed class Answers(HttpClient http, GatewayServer gateway, JsonObject document)
{
    private readonly StringBuilder _lines = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public JsonObject Paths => document["paths"]!.AsObject();

    /// <summary>The places of schemas for which something came.</summary>
    public IReadOnlySet<string> Seen => _seen;

    public int Count { get; private set; }

    /// <summary>
    /// Asks, and takes note of the answer: as the status and media type that came are described. What is no JSON is
    /// only held against these.
    /// </summary>
    public async Task<(int Status, string Body)> AskAsync(
        string path,
        string url,
        string method = "get",
        string? token = null,
        string? accept = null,
        Action<HttpRequestMessage>? with = null
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(gateway.Url, url));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        with?.Invoke(request);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var (status, media) = ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "");
        var place = Place(path, method, status, media);
        if (media == "text/event-stream")
        {
            return (status, "");
        }

        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (media.EndsWith("json", StringComparison.Ordinal))
        {
            // A watch is an object a line.
            foreach (
                var line in url.Contains("watch=true", StringComparison.Ordinal)
                    ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    : [body]
            )
            {
                Note($"{method} {url} {status}", $"{place}/schema", JsonNode.Parse(line)!);
            }
        }

        return (status, body);
    }

    /// <summary>Takes note of the events of a stream.</summary>
    public void Hear(string path, IEnumerable<SseEvent> events)
    {
        var place = Place(path, "get", 200, "text/event-stream");
        foreach (var heard in events)
        {
            Assert.True(Find($"{place}/x-events/{heard.Name}") is not null, $"{path}: the event {heard.Name} is not described");
            Note($"{path} {heard.Name}", ((string)Find($"{place}/x-events/{heard.Name}")!["$ref"]!)[1..], heard.Data);
            Note($"{path} {heard.Name} (any)", $"{place}/schema", heard.Data);
        }
    }

    /// <summary>Takes note of the messages of a WebSocket.</summary>
    public void Hear(string path, string side, IEnumerable<JsonObject> messages)
    {
        var schema = (string?)document["paths"]![path]!["get"]!["x-websocket"]![side]!["$ref"];
        foreach (var message in messages)
        {
            Note($"{path} {side} {message["type"]}", schema![1..], message);
        }
    }

    /// <summary>Fails with what does not agree.</summary>
    public async Task JudgeAsync()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder.File("api.json"), document.ToJsonString(), TestContext.Current.CancellationToken);
        var (code, said) = await Validators.RunAsync("answers.mjs", [folder.File("api.json")], _lines.ToString());
        Assert.True(code == 0, said);
        Assert.Contains($"{Count} answers", said, StringComparison.Ordinal);
    }

    private void Note(string what, string pointer, JsonNode body)
    {
        _seen.Add(pointer);
        Count++;
        _lines
            .Append(
                new JsonObject
                {
                    ["what"] = what,
                    ["pointer"] = pointer,
                    ["body"] = body.DeepClone(),
                }.ToJsonString()
            )
            .Append('\n');
    }

    /// <summary>Where the media type object of an answer stands; a reference is followed.</summary>
    private string Place(string path, string method, int status, string media)
    {
        var place = $"/paths/{Escaped(path)}/{method}/responses/{status}";
        var response = Find(place);
        Assert.True(response is not null, $"{method} {path} answered {status}, which is not described");
        if ((string?)response["$ref"] is { } reference)
        {
            place = reference[1..];
            response = Find(place)!;
        }

        Assert.True(response["content"]?[media] is not null, $"{method} {path} answered {status} with {media}, which is not described");
        return $"{place}/content/{Escaped(media)}";
    }

    private JsonNode? Find(string pointer)
    {
        JsonNode? node = document;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            node = node?[part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)];
        }

        return node;
    }

    private static string Escaped(string part) =>
        part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
