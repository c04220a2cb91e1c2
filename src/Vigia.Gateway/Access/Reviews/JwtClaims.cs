using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Vigia.Gateway.Access.Reviews;

/// <summary>The unverified claims of a JWT: good enough to decide where it must not be sent.</summary>
/// <param name="Issuer">Its <c>iss</c>; null for none.</param>
/// <param name="Expires">Its <c>exp</c>; null for none.</param>
internal sealed record JwtClaims(string? Issuer, DateTimeOffset? Expires)
{
    /// <summary>Reads the claims; null if the text is not a JWT.</summary>
    public static JwtClaims? Read(string token)
    {
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var last = token.LastIndexOf('.');
        if (first <= 0 || last <= first + 1 || last == token.Length - 1 || token.AsSpan(first + 1, last - first - 1).Contains('.'))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(
                Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(token[(first + 1)..last])),
                new JsonDocumentOptions { MaxDepth = 16 }
            );
            var claims = document.RootElement;
            if (claims.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            DateTimeOffset? expires = null;
            if (
                claims.TryGetProperty("exp"u8, out var exp)
                && exp.ValueKind == JsonValueKind.Number
                && exp.TryGetDouble(out var seconds)
                && seconds is >= 0 and < 253402300799
            )
            {
                expires = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
            }

            return new(
                claims.TryGetProperty("iss"u8, out var iss) && iss.ValueKind == JsonValueKind.String ? iss.GetString() : null,
                expires
            );
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
