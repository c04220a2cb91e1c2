using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vigia.Gateway.Http;

/// <summary>
/// The cluster and the path of the Kubernetes API that a request names, read from the request line as it came.
/// </summary>
/// <remarks>
/// ASP.NET Core leaves <c>%2F</c> encoded in a path and decodes everything else, so that a cluster's name with a
/// <c>/</c> or a <c>%</c> cannot be read from it. Here every segment of the raw target is decoded, once.
/// </remarks>
/// <param name="Cluster">The cluster's name; null if the path has none.</param>
/// <param name="Parts">
/// The path below it, decoded, segment by segment; null if it cannot be a path of an API server.
/// </param>
internal sealed record KubernetesAddress(string? Cluster, string[]? Parts)
{
    /// <summary>The prefix of all paths that name a cluster.</summary>
    public const string Prefix = "/kubernetes/";

    private const int LongestPart = 253;
    private const int MostParts = 12;

    /// <summary>The path for messages.</summary>
    public string Text => Parts is null ? "the path" : "/" + string.Join('/', Parts);

    /// <summary>Reads a request's address.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isCluster">
    /// Whether there is a cluster of this name: a name with a <c>/</c> that was not encoded is found too.
    /// </param>
    public static KubernetesAddress Of(HttpRequest request, Predicate<string> isCluster)
    {
        var encoded = RawPath(request).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isNamed = (request.Path.Value ?? "").StartsWith(Prefix, StringComparison.Ordinal);
        var decoded = encoded.Length <= MostParts + 8 ? Array.ConvertAll(encoded, Uri.UnescapeDataString) : [];
        if (!isNamed)
        {
            return new(null, Checked(decoded));
        }

        // Dots in the path were resolved by the server and are not here: such a request is refused rather than
        // understood in two ways.
        if (decoded.Length < 2 || decoded[0] != "kubernetes" || Array.Exists(decoded, part => part is "." or ".."))
        {
            return new(decoded.Length > 1 ? decoded[1] : "", null);
        }

        for (var length = 1; length < decoded.Length; length++)
        {
            var name = string.Join('/', decoded[1..(1 + length)]);
            if (isCluster(name))
            {
                return new(name, Checked(decoded[(1 + length)..]));
            }
        }

        return new(decoded[1], Checked(decoded[2..]));
    }

    private static string[]? Checked(string[] parts) =>
        parts.Length <= MostParts
        && Array.TrueForAll(
            parts,
            part => part is not ("." or "..") && part.Length <= LongestPart && !part.Any(c => c is '/' or '\\' || char.IsControl(c))
        )
            ? parts
            : null;

    private static string RawPath(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (path.StartsWith('/'))
        {
            return path;
        }

        // The absolute form, as proxies may send it.
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        var slash = scheme < 0 ? -1 : path.IndexOf('/', scheme + 3);
        return slash < 0 ? "" : path[slash..];
    }
}
