using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vigia.Simulator.Documents;

namespace Vigia.Simulator.Requests;

/// <summary>Writes answers: objects from their bytes, Status objects, documents.</summary>
internal static class Answers
{
    public static byte[] Bytes(JsonNode node) => node.ToUtf8();

    public static async Task JsonAsync(HttpContext http, JsonNode document, int code = 200, string contentType = "application/json") =>
        await BytesAsync(http, Bytes(document), code, contentType);

    public static async Task BytesAsync(
        HttpContext http,
        ReadOnlyMemory<byte> body,
        int code = 200,
        string contentType = "application/json"
    )
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-cache, private";
        await http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }

    public static async Task StatusAsync(HttpContext http, StatusException e)
    {
        if (e.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await JsonAsync(http, e.ToJson(), e.Code);
    }

    /// <summary>The response to a completed deletion.</summary>
    public static JsonObject Success(StoredObject item)
    {
        var details = new JsonObject { ["name"] = item.Key.Name };
        if (item.Type.Group.Length > 0)
        {
            details["group"] = item.Type.Group;
        }

        details["kind"] = item.Type.Plural;
        details["uid"] = item.Uid;
        return new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
