using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>A <c>Status</c> object (meta/v1): how the Kubernetes API says what went wrong.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Reason">The machine's word: <c>NotFound</c>, <c>Expired</c>, <c>MethodNotAllowed</c>, …</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="RetryAfterSeconds">When to try again; 0 for nothing.</param>
internal sealed record StatusAnswer(int Code, string Reason, string Message, int RetryAfterSeconds = 0)
{
    /// <summary>The object's name, for <c>details.name</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The API group, for <c>details.group</c>.</summary>
    public string Group { get; init; } = "";

    /// <summary>The resource's plural, for <c>details.kind</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>A token to continue all the same, for <c>metadata.continue</c>; null if there is none.</summary>
    public string? Continue { get; init; }

    /// <summary>The causes, for <c>details.causes</c>.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary>404 for a path that nothing serves, in the words of API servers.</summary>
    public static StatusAnswer NoSuchPath { get; } = new(404, "NotFound", "the server could not find the requested resource");

    /// <summary>A refusal by its HTTP status, with the reason that API servers give it.</summary>
    public static StatusAnswer Of(int status, string message) =>
        new(
            status,
            status switch
            {
                400 => "BadRequest",
                401 => "Unauthorized",
                403 => "Forbidden",
                404 => "NotFound",
                405 => "MethodNotAllowed",
                406 => "NotAcceptable",
                410 => "Expired",
                413 => "RequestEntityTooLarge",
                429 => "TooManyRequests",
                500 => "InternalError",
                503 => "ServiceUnavailable",
                504 => "Timeout",
                _ => "",
            },
            message
        );

    public static StatusAnswer BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusAnswer Expired(string message) => new(410, "Expired", message);

    /// <summary>404 <c>deployments.apps "x" not found</c>.</summary>
    public static StatusAnswer NotFound(KubernetesPath path, string name) =>
        new StatusAnswer(404, "NotFound", $"{path.GroupResource} \"{name}\" not found") { Name = name }.About(path);

    /// <summary>
    /// 422 for list options that contradict each other, as apimachinery's <c>ValidateListOptions</c> has it.
    /// </summary>
    public static StatusAnswer InvalidOptions(string field, string message, string reason = "FieldValueForbidden") =>
        new(422, "Invalid", $"ListOptions.meta.k8s.io \"\" is invalid: {field}: {message}")
        {
            Group = "meta.k8s.io",
            Kind = "ListOptions",
            Causes = [new(reason, message, field)],
        };

    /// <summary>504 for a revision that has not been seen here yet; client libraries look for the cause.</summary>
    public static StatusAnswer TooLarge(string wanted, string current) =>
        new(504, "Timeout", $"Timeout: Too large resource version: {wanted}, current: {current}", 1)
        {
            Causes = [new("ResourceVersionTooLarge", "Too large resource version", "")],
        };

    /// <summary>The same, about a resource.</summary>
    public StatusAnswer About(KubernetesPath path) =>
        this with
        {
            Group = path.Group is KubernetesPath.AllGroups ? "" : path.Group,
            Kind = path.Resource ?? "",
        };

    /// <summary>Answers a request.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Code;
        context.Response.ContentType = "application/json";
        if (RetryAfterSeconds > 0)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
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
        WriteText(json, "continue", Continue ?? "");
        json.WriteEndObject();
        json.WriteString("status"u8, "Failure"u8);
        json.WriteString("message"u8, Message);
        WriteText(json, "reason", Reason);

        // Always there, be it empty: programs look into it without asking.
        json.WriteStartObject("details"u8);
        WriteText(json, "name", Name);
        WriteText(json, "group", Group);
        WriteText(json, "kind", Kind);
        if (Causes.Count > 0)
        {
            json.WriteStartArray("causes"u8);
            foreach (var cause in Causes)
            {
                json.WriteStartObject();
                WriteText(json, "reason", cause.Reason);
                WriteText(json, "message", cause.Message);
                WriteText(json, "field", cause.Field);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (RetryAfterSeconds > 0)
        {
            json.WriteNumber("retryAfterSeconds"u8, RetryAfterSeconds);
        }

        json.WriteEndObject();
        json.WriteNumber("code"u8, Code);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }
}

/// <summary>One cause of a refusal.</summary>
/// <param name="Reason">The machine's word, as <c>FieldValueInvalid</c>.</param>
/// <param name="Message">The sentence for people.</param>
/// <param name="Field">The field; empty if none is to blame.</param>
internal sealed record StatusCause(string Reason, string Message, string Field);

/// <summary>A request of the Kubernetes API is refused.</summary>
internal sealed class StatusRefusal(StatusAnswer status) : Exception(status.Message)
{
    /// <summary>The answer.</summary>
    public StatusAnswer Status { get; } = status;
}
