using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Access;

/// <summary>Lets requests through once it is known who asks.</summary>
internal static class AccessGate
{
    /// <summary>Nobody is asked.</summary>
    public static Task OpenAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set(Caller.Anybody);
        return next(context);
    }
}
