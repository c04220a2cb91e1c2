using System.Text.Json;
using Vigia.Kubernetes.Objects;
using Vigia.Kubernetes.Protobuf;

namespace Vigia.Kubernetes;

/// <summary>An API server's refusal: a <c>metav1.Status</c>, as a response or as an ERROR event of a watch.</summary>
/// <param name="Code">The HTTP status code; within a watch the code that an answer would have had.</param>
/// <param name="Reason">The machine-readable reason, as <c>Expired</c>; empty if there is none.</param>
/// <param name="Message">The server's sentence.</param>
/// <param name="RetryAfter"><c>details.retryAfterSeconds</c>; null if the server did not say.</param>
/// <param name="Causes">The <c>details.causes</c>: reason and message of each.</param>
public sealed record KubernetesStatus(
    int Code,
    string Reason,
    string Message,
    TimeSpan? RetryAfter,
    IReadOnlyList<(string Reason, string Message)> Causes
)
{
    /// <summary>
    /// The field of each of the <see cref="Causes"/>, as <c>.spec.replicas</c>; empty if a cause names none.
    /// </summary>
    public IReadOnlyList<string> CauseFields { get; init; } = [];

    // etcd's ErrCompacted (api/v3/v3rpc/rpctypes/error.go).
    private const string Compacted = "mvcc: required revision has been compacted";

    private const int LongestMessage = 2048;
    private const int MostCauses = 100;
    private const string TooLarge = "Too large resource version";

    /// <summary>
    /// The requested revision is no longer kept: reason Expired or Gone (a server may send either), code 410, or etcd's
    /// own message in a 500, which is how 1.20 answers a read of a compacted revision.
    /// </summary>
    public bool IsExpired =>
        Reason is "Expired" or "Gone" || Code == 410 || (Code == 500 && Message.Contains(Compacted, StringComparison.Ordinal));

    /// <summary>
    /// The requested revision is newer than the server's, in the three forms of Kubernetes releases (client-go
    /// <c>isTooLargeResourceVersionError</c>): a cause of type ResourceVersionTooLarge; a cause's message (1.17 to
    /// 1.18.5); the message itself (before 1.17).
    /// </summary>
    public bool IsTooLargeResourceVersion =>
        Causes.Any(cause => cause.Reason == "ResourceVersionTooLarge" || cause.Message.StartsWith(TooLarge, StringComparison.Ordinal))
        || (Reason == "Timeout" && Message.Contains(TooLarge, StringComparison.Ordinal));

    /// <summary>
    /// Reads a Status, in JSON or protobuf. Anything else becomes a status of code 0 with the text as its message: an
    /// error must never be lost for its form.
    /// </summary>
    public static KubernetesStatus Parse(ReadOnlySpan<byte> utf8)
    {
        if (ProtoStatus.Is(utf8))
        {
            return ProtoStatus.ToJson(utf8) is { } json ? Parse(json) : Unreadable(0, "a protobuf response other than a Status");
        }

        var start = JsonScan.SkipWhiteSpace(utf8, 0);
        if (JsonGrammar.FirstFault(utf8) >= 0 || utf8[start] != (byte)'{')
        {
            return Unreadable(0, System.Text.Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 500)]).Trim());
        }

        int code = 0;
        string reason = "",
            message = "";
        double? retryAfter = null;
        var causes = new List<(string, string)>();
        var fields = new List<string>();
        var reader = new Utf8JsonReader(utf8);
        string causeReason = "",
            causeMessage = "",
            causeField = "";
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 3)
            {
                if (causes.Count < MostCauses)
                {
                    causes.Add((Cut(causeReason), Cut(causeMessage)));
                    fields.Add(Cut(causeField));
                }

                (causeReason, causeMessage, causeField) = ("", "", "");
            }

            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var (depth, name) = (reader.CurrentDepth, reader.GetString());
            reader.Read();
            switch (depth, name)
            {
                case (1, "code") when reader.TokenType == JsonTokenType.Number:
                    code = reader.TryGetInt32(out var number) ? number : 0;
                    break;
                case (1, "reason") when reader.TokenType == JsonTokenType.String:
                    reason = reader.GetString()!;
                    break;
                case (1, "message") when reader.TokenType == JsonTokenType.String:
                    message = reader.GetString()!;
                    break;
                case (2, "retryAfterSeconds") when reader.TokenType == JsonTokenType.Number:
                    retryAfter = reader.GetDouble();
                    break;
                case (4, "reason") when reader.TokenType == JsonTokenType.String:
                    causeReason = reader.GetString()!;
                    break;
                case (4, "message") when reader.TokenType == JsonTokenType.String:
                    causeMessage = reader.GetString()!;
                    break;
                case (4, "field") when reader.TokenType == JsonTokenType.String:
                    causeField = reader.GetString()!;
                    break;
            }
        }

        return new(
            code,
            Cut(reason),
            Cut(message),
            retryAfter is { } seconds and > 0 and < 86_400 ? TimeSpan.FromSeconds(seconds) : null,
            causes
        )
        {
            CauseFields = fields,
        };
    }

    /// <summary>A message is kept, logged and passed on: the first part of it must do.</summary>
    private static string Cut(string text) => text.Length <= LongestMessage ? text : $"{text.AsSpan(0, LongestMessage)}…";

    /// <summary>A status for an answer that has none.</summary>
    internal static KubernetesStatus Unreadable(int code, string message) => new(code, "", message, null, []);
}
