using System.Buffers;
using System.Text.Json;
using Vigia.Kubernetes.Errors;
using Vigia.Kubernetes.Transport;

namespace Vigia.Kubernetes.Access;

/// <summary>Asks an API server about others: whose a token is, and what they may do. Needs the rights of the role <c>system:auth-delegator</c>.</summary>
/// <remarks><b>Guarantees.</b> Safe on any thread; nothing is cached; a token goes into the request's body and nowhere else.</remarks>
public sealed class ReviewClient(KubernetesClient client) : IAccessReviewer
{
    private const string Authentication = "/apis/authentication.k8s.io/v1/tokenreviews";
    private const string Authorization = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

    /// <summary>A TokenReview: whose token it is.</summary>
    /// <exception cref="KubernetesApiException">The server refuses the question: the client lacks the right to ask it.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<TokenDecision> ReviewTokenAsync(string token, CancellationToken ct)
    {
        var body = new ArrayBufferWriter<byte>(token.Length + 256);
        using (var json = Begin(body, "TokenReview"u8, "authentication.k8s.io/v1"u8))
        {
            json.WriteString("token"u8, token);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var answer = JsonDocument.Parse(await client.SendBytesAsync(HttpMethod.Post, Authentication, body.WrittenMemory, ct: ct));
        if (!answer.RootElement.TryGetProperty("status", out var status))
        {
            return new(null, "the server's answer has no status");
        }

        var error = Text(status, "error");
        return Flag(status, "authenticated") && status.TryGetProperty("user", out var user)
            ? new(new ReviewedUser(Text(user, "username"), Text(user, "uid"), Texts(user, "groups"), Extra(user)), error)
            : new(null, error);
    }

    /// <summary>A SubjectAccessReview: whether <paramref name="user"/> may do what the question says.</summary>
    /// <exception cref="KubernetesApiException">The server refuses the question: the client lacks the right to ask it.</exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = Begin(body, "SubjectAccessReview"u8, "authorization.k8s.io/v1"u8))
        {
            WriteUser(json, user);
            WriteQuestion(json, question);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        using var answer = JsonDocument.Parse(await client.SendBytesAsync(HttpMethod.Post, Authorization, body.WrittenMemory, ct: ct));
        if (!answer.RootElement.TryGetProperty("status", out var status))
        {
            return new(false, "the server's answer has no status");
        }

        // An authorizer that failed says so in evaluationError; what it says beside "allowed" is why, not whether.
        var reason = Text(status, "reason");
        return new(Flag(status, "allowed") && !Flag(status, "denied"), reason.Length > 0 ? reason : Text(status, "evaluationError"));
    }

    private static Utf8JsonWriter Begin(ArrayBufferWriter<byte> body, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> apiVersion)
    {
        var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("kind"u8, kind);
        json.WriteString("apiVersion"u8, apiVersion);
        json.WriteStartObject("spec"u8);
        return json;
    }

    private static void WriteUser(Utf8JsonWriter json, ReviewedUser user)
    {
        json.WriteString("user"u8, user.Name);
        if (user.Uid.Length > 0)
        {
            json.WriteString("uid"u8, user.Uid);
        }

        WriteTexts(json, "groups", user.Groups);
        if (user.Extra.Count > 0)
        {
            json.WriteStartObject("extra"u8);
            foreach (var (key, values) in user.Extra)
            {
                WriteTexts(json, key, values);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteQuestion(Utf8JsonWriter json, AccessQuestion question)
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

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string[] Texts(JsonElement element, string name)
        => element.TryGetProperty(name, out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)] : [];

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> Extra(JsonElement user)
    {
        if (!user.TryGetProperty("extra", out var extra) || extra.ValueKind != JsonValueKind.Object)
        {
            return ReviewedUser.NoExtra;
        }

        return extra.EnumerateObject().ToDictionary(pair => pair.Name, pair => (IReadOnlyList<string>)Texts(extra, pair.Name), StringComparer.Ordinal);
    }
}
