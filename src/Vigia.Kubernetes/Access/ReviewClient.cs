using System.Buffers;
using System.Text.Json;
using Vigia.Kubernetes.Access;
using static Vigia.Kubernetes.Transport.Answer;

namespace Vigia.Kubernetes;

/// <summary>
/// Sends TokenReviews and SubjectAccessReviews about other users to an API server. Needs the rights of the role
/// <c>system:auth-delegator</c>.
/// </summary>
/// <remarks>
/// <b>Guarantees.</b> Thread-safe; nothing is cached; a token goes into the request's body and nowhere else.
/// </remarks>
public sealed class ReviewClient(KubernetesClient client) : IAccessReviewer
{
    private const string Authentication = "/apis/authentication.k8s.io/v1/tokenreviews";
    private const string Authorization = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

    /// <summary>A TokenReview: whose token it is.</summary>
    /// <exception cref="KubernetesApiException">
    /// The server refuses the review: the client lacks the right to create it.
    /// </exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<TokenDecision> ReviewTokenAsync(string token, CancellationToken ct)
    {
        var body = new ArrayBufferWriter<byte>(token.Length + 256);
        using (var json = ReviewDocument.Begin(body, "TokenReview"u8, "authentication.k8s.io/v1"u8))
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

    /// <summary>A SubjectAccessReview: whether <paramref name="user"/> has the right.</summary>
    /// <exception cref="KubernetesApiException">
    /// The server refuses the review: the client lacks the right to create it.
    /// </exception>
    /// <exception cref="KubernetesConnectionException">The server cannot be reached.</exception>
    public async Task<AccessDecision> CanAsync(ReviewedUser user, AccessQuestion question, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(user);
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = ReviewDocument.Begin(body, "SubjectAccessReview"u8, "authorization.k8s.io/v1"u8))
        {
            WriteUser(json, user);
            ReviewDocument.WriteQuestion(json, question);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return ReviewDocument.Decision(await client.SendBytesAsync(HttpMethod.Post, Authorization, body.WrittenMemory, ct: ct));
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

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> Extra(JsonElement user)
    {
        if (!user.TryGetProperty("extra", out var extra) || extra.ValueKind != JsonValueKind.Object)
        {
            return ReviewedUser.NoExtra;
        }

        return extra
            .EnumerateObject()
            .ToDictionary(pair => pair.Name, pair => (IReadOnlyList<string>)Texts(extra, pair.Name), StringComparer.Ordinal);
    }
}
