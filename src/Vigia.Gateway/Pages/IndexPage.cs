using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Pages;

/// <summary>
/// The page at <c>/</c>: any resource as a live table. It is one file without a build step; the dashboard will take its
/// place.
/// </summary>
internal static class IndexPage
{
    private static readonly Lazy<byte[]> Html = new(Read);
    private static readonly Lazy<string> Policy = new(() => PagePolicy.Of(Html.Value));

    /// <summary>The page itself.</summary>
    internal static byte[] Content => Html.Value;

    public static async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ContentSecurityPolicy = Policy.Value;
        await context.Response.Body.WriteAsync(Html.Value, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(IndexPage).Assembly.GetManifestResourceStream("index.html")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
