using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Vigia.Live.Queries;

namespace Vigia.Gateway.Http;

/// <summary>
/// Middleware: what is refused or fails further on is answered with a problem document, and nothing else is affected.
/// </summary>
internal sealed class RefusalAnswers(RefusalLog refusals)
{
    /// <summary>Passes the request on, and answers what comes back as an exception or as a bare status.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null } bare)
            {
                await Problem.WriteAsync(
                    context,
                    bare.StatusCode,
                    ReasonPhrases.GetReasonPhrase(bare.StatusCode),
                    bare.StatusCode == 405
                        ? $"{context.Request.Path} does not accept {context.Request.Method}; it accepts {bare.Headers.Allow}"
                        : $"no route matches {context.Request.Method} {context.Request.Path}; see /api/v1/resources"
                );
            }
        }
        catch (QueryException refused) when (!context.Response.HasStarted)
        {
            await Problem.WriteAsync(context, refused.Status, refused.Title, refused.Message);
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await Problem.WriteAsync(context, refused.StatusCode, "Bad request", refused.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left.
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            refusals.TellFault(context, fault);
            await Problem.WriteAsync(context, 500, "Internal error", "this is a bug in the gateway; its log has the details");
        }
    }
}
