using System.Security.Cryptography;
using System.Text;

namespace Vigia.Gateway.Pages;

/// <summary>
/// The Content-Security-Policy of a page: it may run its own scripts, identified by their digests, and talk to the
/// gateway, and no other page may frame it.
/// </summary>
internal static class PagePolicy
{
    /// <summary>The policy for pages with inline scripts.</summary>
    public static string Of(params byte[][] pages)
    {
        var digests = pages.SelectMany(Scripts).Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(script))}'");
        return $"default-src 'self'; script-src 'self' {string.Join(' ', digests)}; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    }

    private static IEnumerable<byte[]> Scripts(byte[] page)
    {
        // Browsers take the digest of the text after line ends were made one kind.
        var html = Encoding.UTF8.GetString(page).Replace("\r\n", "\n", StringComparison.Ordinal);
        for (
            var at = html.IndexOf("<script>", StringComparison.Ordinal);
            at >= 0;
            at = html.IndexOf("<script>", at, StringComparison.Ordinal)
        )
        {
            at += "<script>".Length;
            yield return Encoding.UTF8.GetBytes(html[at..html.IndexOf("</script>", at, StringComparison.Ordinal)]);
        }
    }
}
