using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Http;

/// <summary>An RFC 9457 error, with its detail repeated in <c>error</c> for clients that expect that member.</summary>
internal static class Problem
{
    /// <summary>
    /// Answers with a problem document, or in the form of the API that the request is one of
    /// (<see cref="RefusalForm"/>).
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="title">The kind of error, in a few constant words.</param>
    /// <param name="detail">This error, in a sentence with the next step.</param>
    public static async Task WriteAsync(HttpContext context, int status, string title, string detail)
    {
        if (context.Features.Get<RefusalForm>() is { } other && other.IsMeant(context))
        {
            await other.WriteAsync(context, status, detail);
            return;
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body, JsonAnswer.Options))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "about:blank"u8);
            json.WriteString("title"u8, title);
            json.WriteNumber("status"u8, status);
            json.WriteString("detail"u8, detail);
            json.WriteString("error"u8, detail);
            json.WriteString("instance"u8, context.Request.Path.Value);
            json.WriteEndObject();
        }

        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
