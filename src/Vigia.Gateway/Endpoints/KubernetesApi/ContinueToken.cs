using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Vigia.Kubernetes;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The start of the rest of a list (<c>continue</c>). The token contains everything needed, so any replica can continue
/// and none keeps state.
/// </summary>
/// <param name="Revision">
/// The revision of the whole list; none for the rest of the current state, which a client takes after a 410.
/// </param>
/// <param name="After">The last object that was sent.</param>
internal sealed record ContinueToken(ResourceVersion Revision, ObjectKey After)
{
    // Different from an API server's, whose tokens may count keys in another way: those are recognised and answered
    // with 410.
    private const string Form = "vigia/v1";

    // A revision, a namespace and a name: a token of this gateway cannot be longer.
    private const int Longest = 1024;

    /// <summary>Reads a token.</summary>
    /// <exception cref="StatusRefusal">410 for a token of another server, 400 for an invalid token.</exception>
    public static ContinueToken Parse(string text)
    {
        if (Root(text) is not { } token || Text(token, "start") is not { } start)
        {
            throw new StatusRefusal(StatusAnswer.BadRequest("continue key is not valid"));
        }

        if (Text(token, "v") != Form)
        {
            throw new StatusRefusal(
                StatusAnswer.Expired(
                    "The provided continue parameter belongs to another server. Start a new list without the continue parameter."
                )
            );
        }

        if (
            Text(token, "rv") is not { } revision
            || (revision.Length > 0 && !ulong.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        )
        {
            throw new StatusRefusal(StatusAnswer.BadRequest("continue key is not valid"));
        }

        var slash = start.IndexOf('/', StringComparison.Ordinal);
        return new(ResourceVersion.Parse(revision), slash < 0 ? new("", start) : new(start[..slash], start[(slash + 1)..]));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("v"u8, Form);
            json.WriteString("rv"u8, Revision.IsNone ? "" : Revision.ToString());
            json.WriteString("start"u8, After.ToString());
            json.WriteEndObject();
        }

        return Base64Url.EncodeToString(text.WrittenSpan);
    }

    private static JsonElement? Root(string text)
    {
        if (text.Length > Longest)
        {
            return null;
        }

        try
        {
            using var token = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            return token.RootElement.ValueKind == JsonValueKind.Object && token.RootElement.TryGetProperty("rv", out _)
                ? token.RootElement.Clone()
                : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement token, string name) =>
        token.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
