using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Vigia.Kubernetes;
using Vigia.Simulator.Documents;
using Vigia.Simulator.Protobuf;

namespace Vigia.Simulator.Requests;

/// <summary>One request for a resource: the user, the verb and target, the form.</summary>
internal sealed class ApiRequest(HttpContext http, SimulatedUser user, RequestPath path, ResourceType type, string verb, Alias? alias)
{
    private const int MaxBodyBytes = 16 << 20;

    public HttpContext Http { get; } = http;

    public SimulatedUser User { get; } = user;

    public RequestPath Path { get; } = path;

    public ResourceType Type { get; } = type;

    public string Verb { get; } = verb;

    /// <summary>The lagging server that answers reads; null for one that is up to date.</summary>
    public Replica? Replica { get; init; }

    /// <summary>The shape in which any revision is refused as too large; null if none is.</summary>
    public TooLargeForm? RefusesRevisions { get; init; }

    /// <summary>The alias under which the type was requested; null for its own name.</summary>
    public Alias? Alias { get; } = alias;

    /// <summary>The requested type: under its own name, or in the requested version.</summary>
    public ResourceType Served => Alias?.Served ?? Type;

    /// <summary>The apiVersion in which to answer.</summary>
    public string ApiVersion => Alias?.Gvr.ApiVersion ?? Type.ApiVersion;

    /// <summary>An object's bytes in the requested version: copied as stored, unless that is an alias.</summary>
    public byte[] Encode(StoredObject item) => Alias is null ? item.Bytes : Answers.Bytes(Alias.Serve(item.ToJson()));

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>
    /// The requested namespace; null for all, and for cluster-scoped types (a path to a namespace itself names one).
    /// </summary>
    public string? Namespace => Type.Namespaced ? Path.Namespace : null;

    /// <summary>The object that the path names.</summary>
    public ObjectKey Key => new(Type.Namespaced ? Path.Namespace ?? "" : "", Path.Name ?? "");

    /// <summary>True if the server speaks protobuf at all.</summary>
    public bool SpeaksProtobuf { get; init; }

    public Negotiation Form =>
        field == default
            ? field = Negotiation.Read(
                Http.Request.Headers.Accept.ToString(),
                IsRead && !Type.IsCustom && ProtoFields.Knows(ProtoFields.MessageOf(ApiVersion, Type.Kind)),
                IsRead
            )
            : field;

    private bool IsRead => SpeaksProtobuf && (Verb is "list" or "watch");

    public bool DryRun =>
        Query("dryRun") switch
        {
            null or "" => false,
            "All" => true,
            var other => throw StatusException.BadRequest(
                $"Invalid value: \"{other}\": dryRun: Unsupported value: \"{other}\": supported values: \"All\""
            ),
        };

    /// <summary>The field manager: the parameter, else the start of the User-Agent, as in the real server.</summary>
    public string Manager
    {
        get
        {
            if (Query("fieldManager") is { Length: > 0 } given)
            {
                return given;
            }

            var agent = Http.Request.Headers.UserAgent.ToString();
            var end = agent.IndexOf('/', StringComparison.Ordinal);
            return agent.Length == 0 ? "unknown"
                : end < 0 ? agent
                : agent[..end];
        }
    }

    public string? Query(string name) => Http.Request.Query.TryGetValue(name, out var values) ? values.ToString() : null;

    public bool QueryFlag(string name) => Query(name) is { } text && text is "true" or "1" or "True" or "TRUE" or "t";

    public long? QueryNumber(string name)
    {
        var text = Query(name);
        return string.IsNullOrEmpty(text) ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : throw StatusException.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax ({name})");
    }

    public async Task<byte[]> ReadBytesAsync()
    {
        using var buffer = new MemoryStream();
        await using var limited = new FileBufferingReadStream(Http.Request.Body, 1 << 20, MaxBodyBytes, () => System.IO.Path.GetTempPath());
        await limited.CopyToAsync(buffer, Aborted);
        return buffer.ToArray();
    }

    /// <summary>The body as an object; YAML is accepted too. Null without a body.</summary>
    public async Task<JsonObject?> ReadObjectAsync()
    {
        var bytes = await ReadBytesAsync();
        if (bytes.Length == 0)
        {
            return null;
        }

        return ParseBody(bytes, Http.Request.ContentType);
    }

    /// <summary>Parses a body by its content type: JSON, YAML, or the protobuf of a built-in kind.</summary>
    /// <exception cref="StatusException">400 or 415 where it cannot be read.</exception>
    public static JsonObject ParseBody(byte[] bytes, string? contentType)
    {
        if (KubernetesProto.Is(bytes))
        {
            return KubernetesProto.Read(bytes);
        }

        if (
            contentType is not null
            && (contentType.Contains("protobuf", StringComparison.Ordinal) || contentType.Contains("cbor", StringComparison.Ordinal))
        )
        {
            throw new StatusException(
                415,
                "UnsupportedMediaType",
                $"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, "
                    + $"application/vnd.kubernetes.protobuf (got {contentType})"
            );
        }

        return ParseObject(bytes, contentType?.Contains("yaml", StringComparison.Ordinal) == true);
    }

    /// <summary>Parses an object of JSON or YAML.</summary>
    /// <exception cref="StatusException">400 where it is neither.</exception>
    public static JsonObject ParseObject(byte[] bytes, bool yaml) => ObjectText.Read(bytes, yaml);
}
