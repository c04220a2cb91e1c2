using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// Refuses requests with impersonation headers. Ignoring the headers would answer with the rights of the impersonator,
/// and look right.
/// </summary>
internal static class ImpersonationPolicy
{
    private const string Prefix = "Impersonate-";
    private const string Reason =
        "this gateway does not support impersonation: it uses the rights of the token that is sent. Remove "
        + "the headers Impersonate-* (kubectl --as), or use the API server itself";

    /// <summary>The step of the pipeline.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        foreach (var header in context.Request.Headers)
        {
            if (header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                return RefuseAsync(context);
            }
        }

        return next(context);
    }

    private static Task RefuseAsync(HttpContext context)
    {
        AccessOutcome.Refused(context, Reason);
        return Problem.WriteAsync(context, 403, "Impersonation not supported", Reason);
    }
}
