using System.Text;

namespace Vigia.Live.Queries;

/// <summary>Short names for texts, the same in every process.</summary>
internal static class Fingerprints
{
    /// <summary>Eight letters and digits of a hash: enough to notice that a filter is another one; no secret.</summary>
    public static string Of(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));
}
