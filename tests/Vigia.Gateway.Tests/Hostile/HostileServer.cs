using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Hostile;

/// <summary>
/// An API server, or a proxy before one, that means harm: discovery works, and lists or watches of pods answer as a
/// test says.
/// </summary>
internal sealed class HostileServer : IAsyncDisposable
{
    /// <summary>
    /// Colours, a window title, a cleared screen, a C1 control and reversed text, as a terminal would understand them.
    /// </summary>
    public const string Escapes = "\u001b[31mRED\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202e";

    private static readonly byte[] Filling = Encoding.ASCII.GetBytes(new string('A', 1 << 20));

    private readonly WebApplication _app;

    private HostileServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    /// <summary>Requests, with their credentials.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers a request below <c>/api/v1/pods</c>; false leaves it to the good server.</param>
    public static async Task<HostileServer> StartAsync(Func<HostileServer, HttpContext, Task<bool>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new HostileServer(app);
        app.Run(async context =>
        {
            server.Requests.Enqueue(
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers.Authorization}"
            );
            try
            {
                if (!await answer(server, context))
                {
                    await AnswerAsync(context);
                }
            }
            catch (Exception left) when (left is IOException or OperationCanceledException)
            {
                // The client has taken enough.
            }
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>A list of pods with these items.</summary>
    public static string List(string items, string metadata = "\"resourceVersion\":\"5\"") =>
        $$"""{"kind":"PodList","apiVersion":"v1","metadata":{{{metadata}}},"items":[{{items}}]}""";

    /// <summary>A pod as it should be.</summary>
    public static string Pod(string name, string more = "\"spec\":{}", string metadata = "") =>
        $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","uid":"uid-{{{name}}}","resourceVersion":"2"{{{metadata}}}},"""
        + $$$"""{{{more}}}}""";

    /// <summary>Answers with a text.</summary>
    public static async Task<bool> SayAsync(HttpContext context, string body, int status = 200, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(body), context.RequestAborted);
        return true;
    }

    /// <summary>Answers with a beginning and then filling, a MiB at a time, as long as it is taken.</summary>
    public static async Task<bool> FloodAsync(HttpContext context, string beginning, int mebibytes, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(beginning), context.RequestAborted);
        for (var i = 0; i < mebibytes; i++)
        {
            await context.Response.Body.WriteAsync(Filling, context.RequestAborted);
        }

        return true;
    }

    /// <summary>The same, compressed: some hundred KiB on the wire.</summary>
    public static async Task<bool> BombAsync(HttpContext context, string beginning, int mebibytes, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.ContentEncoding = "gzip";
        await using var packed = new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await packed.WriteAsync(Encoding.ASCII.GetBytes(beginning), context.RequestAborted);
        for (var i = 0; i < mebibytes; i++)
        {
            await packed.WriteAsync(Filling, context.RequestAborted);
        }

        return true;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (context.Request.Query["watch"] == "true")
        {
            // Nothing ever happens.
            context.Response.ContentType = "application/json";
            await context.Response.StartAsync(context.RequestAborted);
            await Hanging.UntilCancelledAsync(context.RequestAborted);
        }

        await (
            path switch
            {
                "/version" => SayAsync(context, """{"major":"1","minor":"32","gitVersion":"v1.32.0"}"""),
                "/api" => SayAsync(context, """{"kind":"APIVersions","versions":["v1"]}"""),
                "/apis" => SayAsync(context, """{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"""),
                "/api/v1" => SayAsync(
                    context,
                    """{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":"""
                        + """[{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","list","watch"]}]}"""
                ),
                "/api/v1/pods" => SayAsync(context, List(Pod("good"))),
                _ => SayAsync(context, """{"kind":"Status","status":"Failure","code":404,"reason":"NotFound","message":"no"}""", 404),
            }
        );
    }
}
