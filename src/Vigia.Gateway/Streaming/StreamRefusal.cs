using System.Globalization;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Streaming;

/// <summary>Why a stream is not opened although nothing is wrong with it: there are too many.</summary>
/// <param name="Status">429 for too many of this caller, 503 for too many in all.</param>
/// <param name="Detail">The sentence.</param>
internal sealed record StreamRefusal(int Status, string Detail)
{
    /// <summary>Seconds after which it may be tried again.</summary>
    public const int RetryAfter = 5;

    /// <summary>Answers a request.</summary>
    public Task WriteAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = RetryAfter.ToString(CultureInfo.InvariantCulture);
        return Problem.WriteAsync(context, Status, "Too many streams", Detail);
    }
}
