using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Vigia.Kubernetes;

namespace Vigia.Informers.Tests.Election;

/// <summary>
/// Objects by path behind real HTTP: GET, POST, PUT with versions, and merge patches. For what goes over the wire;
/// every body is kept.
/// </summary>
internal sealed class HttpObjectServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly List<KubernetesClient> _clients = [];
    private int _version = 100;

    public HttpObjectServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }

        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>By path.</summary>
    public Dictionary<string, JsonObject> Objects { get; } = [];

    /// <summary>"PUT /path body" in their order.</summary>
    public List<(string Verb, string Path, string Body)> Requests { get; } = [];

    /// <summary>Answers in place of the server; null to let it answer.</summary>
    public Func<string, string, (int Code, string Reason)?>? Refuse { get; set; }

    public KubernetesClient Client()
    {
        var client = new KubernetesClient(
            new ClusterConfiguration
            {
                Context = "test",
                Cluster = "test",
                Server = new Uri(Url),
                Credentials = StaticCredential.None,
            }
        );
        _clients.Add(client);
        return client;
    }

    public void Put(string path, string json)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        Touch(item);
        Objects[path] = item;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private static void Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is JsonObject nested && into[name] is JsonObject held)
            {
                Merge(held, nested);
            }
            else
            {
                into[name] = value?.DeepClone();
            }
        }
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var (code, body) = Answer(context.Request.HttpMethod, context.Request.Url!.AbsolutePath, await reader.ReadToEndAsync());
            context.Response.StatusCode = code;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }

    private (int Code, string Body) Answer(string verb, string path, string body)
    {
        Requests.Add((verb, path, body));
        if (Refuse?.Invoke(verb, path) is { } refusal)
        {
            return Status(refusal.Code, refusal.Reason);
        }

        var sent = body.Length > 0 ? JsonNode.Parse(body)!.AsObject() : null;
        if (verb == "POST")
        {
            var item = $"{path}/{sent!["metadata"]!["name"]}";
            return Objects.ContainsKey(item) ? Status(409, "AlreadyExists") : (201, Store(item, sent));
        }

        if (!Objects.TryGetValue(path, out var held))
        {
            return Status(404, "NotFound");
        }

        switch (verb)
        {
            case "GET":
                return (200, held.ToJsonString());
            case "PUT":
                return (string?)sent!["metadata"]!["resourceVersion"] == (string?)held["metadata"]!["resourceVersion"]
                    ? (200, Store(path, sent))
                    : Status(409, "Conflict");
            case "PATCH":
                Merge(held, sent!);
                return (200, Store(path, held));
            default:
                return Status(405, "MethodNotAllowed");
        }
    }

    private static (int Code, string Body) Status(int code, string reason) =>
        (
            code,
            $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{{reason}} """
                + $$"""(test)","reason":"{{reason}}","code":{{code}}}"""
        );

    private string Store(string path, JsonObject item)
    {
        Touch(item);
        Objects[path] = item;
        return item.ToJsonString();
    }

    private void Touch(JsonObject item) => item["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
}
