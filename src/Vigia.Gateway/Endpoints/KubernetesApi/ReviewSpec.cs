using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Vigia.Kubernetes;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The <c>spec</c> of a self-subject review, read from JSON or from the protobuf that client-go sends of built-in
/// kinds.
/// </summary>
internal sealed record ReviewSpec
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    // Names of protobuf fields by their numbers (k8s.io/api/authorization/v1, generated.proto).
    private static readonly string[] ResourceFields = ["", "namespace", "verb", "group", "version", "resource", "subresource", "name"];
    private static readonly string[] OtherFields = ["", "path", "verb"];

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary><c>resourceAttributes</c>, <c>nonResourceAttributes</c>, or nothing where it has neither.</summary>
    public string Attributes { get; private init; } = "";

    /// <summary>A member of the attributes, or of the spec itself; empty if it is absent.</summary>
    public string this[string name] => _texts.GetValueOrDefault(name, "");

    /// <summary>Reads a request's body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="isRules">True for a rules review, whose spec is a namespace.</param>
    /// <exception cref="StatusRefusal">It cannot be understood.</exception>
    public static async Task<ReviewSpec> ReadAsync(HttpContext context, bool isRules)
    {
        // The server bounds bodies; a review is a few hundred bytes.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        try
        {
            return bytes.StartsWith(ProtoEnvelope.Magic) ? OfProtobuf(bytes, isRules) : OfJson(bytes.ToArray());
        }
        catch (Exception error) when (error is JsonException or ObjectFormatException or SchemaGapException)
        {
            throw new StatusRefusal(StatusAnswer.BadRequest($"the body is not valid: {error.Message}"));
        }
    }

    /// <summary>Writes it as the answer repeats it.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("spec"u8);
        if (Attributes.Length > 0)
        {
            json.WriteStartObject(Attributes);
        }

        foreach (var (name, text) in _texts)
        {
            if (text.Length > 0)
            {
                json.WriteString(name, text);
            }
        }

        if (Attributes.Length > 0)
        {
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static ReviewSpec OfJson(byte[] bytes)
    {
        using var body = JsonDocument.Parse(bytes, Strict);
        var spec = Member(body.RootElement, "spec");
        var resource = Member(spec, "resourceAttributes");
        var other = Member(spec, "nonResourceAttributes");
        var (attributes, members) =
            resource.ValueKind == JsonValueKind.Object ? ("resourceAttributes", resource)
            : other.ValueKind == JsonValueKind.Object ? ("nonResourceAttributes", other)
            : ("", spec);
        var read = new ReviewSpec { Attributes = attributes };
        if (members.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in members.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.String))
            {
                read._texts[member.Name] = member.Value.GetString()!;
            }
        }

        return read;
    }

    private static ReviewSpec OfProtobuf(ReadOnlySpan<byte> bytes, bool isRules)
    {
        var review = new ProtoReader(ProtoEnvelope.Open(bytes).Raw);
        ReadOnlySpan<byte> spec = default;
        while (review.Next())
        {
            spec = review.Number == 2 ? review.Text : spec;
        }

        var reader = new ProtoReader(spec);
        var read = new ReviewSpec();
        while (reader.Next())
        {
            read = reader.Number switch
            {
                1 when isRules => Namespaced(reader.Text),
                1 => Attributed("resourceAttributes", ResourceFields, reader.Text),
                2 when !isRules => Attributed("nonResourceAttributes", OtherFields, reader.Text),
                _ => read,
            };
        }

        return read;
    }

    private static ReviewSpec Namespaced(ReadOnlySpan<byte> text)
    {
        var read = new ReviewSpec();
        read._texts["namespace"] = Encoding.UTF8.GetString(text);
        return read;
    }

    private static ReviewSpec Attributed(string attributes, string[] names, ReadOnlySpan<byte> message)
    {
        var read = new ReviewSpec { Attributes = attributes };
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Number < names.Length && reader.WireType == 2)
            {
                read._texts[names[reader.Number]] = Encoding.UTF8.GetString(reader.Text);
            }
        }

        return read;
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) ? found : default;
}
