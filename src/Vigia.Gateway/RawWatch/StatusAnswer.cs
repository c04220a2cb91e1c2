using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Rest;

namespace Vigia.Gateway.RawWatch;

/// <summary>A <c>Status</c> object (meta/v1): how the Kubernetes API says what went wrong.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Reason">The machine's word: <c>NotFound</c>, <c>Expired</c>, <c>MethodNotAllowed</c>, …</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="RetryAfterSeconds">When to try again; 0 for nothing.</param>
internal sealed record StatusAnswer(int Code, string Reason, string Message, int RetryAfterSeconds = 0)
{
    public static StatusAnswer NotFound(string message) => new(404, "NotFound", message);

    public static StatusAnswer BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusAnswer Expired(string message) => new(410, "Expired", message);

    /// <summary>Answers a request.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Code;
        context.Response.ContentType = "application/json";
        if (RetryAfterSeconds > 0)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (Code == 405)
        {
            context.Response.Headers.Allow = "GET, HEAD";
        }

        var body = new ArrayBufferWriter<byte>(256);
        Write(body);
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>Writes the object.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonAnswer.Options);
        json.WriteStartObject();
        json.WriteString("kind"u8, "Status"u8);
        json.WriteString("apiVersion"u8, "v1"u8);
        json.WriteStartObject("metadata"u8);
        json.WriteEndObject();
        json.WriteString("status"u8, "Failure"u8);
        json.WriteString("message"u8, Message);
        json.WriteString("reason"u8, Reason);
        if (RetryAfterSeconds > 0)
        {
            json.WriteStartObject("details"u8);
            json.WriteNumber("retryAfterSeconds"u8, RetryAfterSeconds);
            json.WriteEndObject();
        }

        json.WriteNumber("code"u8, Code);
        json.WriteEndObject();
    }
}
