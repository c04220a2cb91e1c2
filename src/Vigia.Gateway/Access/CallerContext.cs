using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Access;

/// <summary>Who a request is from. Everything that shows objects asks here.</summary>
internal static class CallerContext
{
    /// <summary>The caller of a request that the access check let through.</summary>
    /// <exception cref="InvalidOperationException">The check was not passed: nothing may be shown.</exception>
    public static Caller Caller(this HttpContext context)
        => context.Features.Get<Caller>() ?? throw new InvalidOperationException($"{context.Request.Path} was reached without an access check; routes must come after AccessGate");
}
