using System.Buffers;
using System.Text.Json;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes.Access;

/// <summary>
/// The common parts of the reviews of <c>authentication.k8s.io</c> and <c>authorization.k8s.io</c> on the wire.
/// </summary>
internal static class ReviewDocument
{
    /// <summary>Up to the opening brace of <c>spec</c>: two closing braces are the caller's.</summary>
    public static Utf8JsonWriter Begin(ArrayBufferWriter<byte> body, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> apiVersion)
    {
        var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("kind"u8, kind);
        json.WriteString("apiVersion"u8, apiVersion);
        json.WriteStartObject("spec"u8);
        return json;
    }

    /// <summary>Writes <c>resourceAttributes</c>, or <c>nonResourceAttributes</c> for a path.</summary>
    public static void WriteQuestion(Utf8JsonWriter json, AccessQuestion question)
    {
        if (question.Path is { } path)
        {
            json.WriteStartObject("nonResourceAttributes"u8);
            json.WriteString("verb"u8, question.Verb);
            json.WriteString("path"u8, path);
            json.WriteEndObject();
            return;
        }

        json.WriteStartObject("resourceAttributes"u8);
        json.WriteString("verb"u8, question.Verb);
        json.WriteString("group"u8, question.Resource.Group);
        json.WriteString("version"u8, question.Resource.Version);
        json.WriteString("resource"u8, question.Resource.Resource);
        if (!string.IsNullOrEmpty(question.Namespace))
        {
            json.WriteString("namespace"u8, question.Namespace);
        }

        if (!string.IsNullOrEmpty(question.Name))
        {
            json.WriteString("name"u8, question.Name);
        }

        json.WriteEndObject();
    }

    /// <summary>Reads the answer to an access review.</summary>
    public static AccessDecision Decision(ReadOnlyMemory<byte> body)
    {
        using var answer = JsonDocument.Parse(body);
        if (!answer.RootElement.TryGetProperty("status", out var status))
        {
            return new(false, "the server's answer has no status");
        }

        // An authorizer that failed sets evaluationError; other texts beside "allowed" are the reason, not the
        // decision.
        var reason = Text(status, "reason");
        return new(Flag(status, "allowed") && !Flag(status, "denied"), reason.Length > 0 ? reason : Text(status, "evaluationError"));
    }
}
