using Microsoft.AspNetCore.Http;
using Vigia.Live.Rights;

namespace Vigia.Gateway.Access;

/// <summary>The caller of a request and its rights. Everything that shows objects uses it.</summary>
internal static class CallerContext
{
    /// <summary>The caller of a request that the access check let through.</summary>
    /// <exception cref="InvalidOperationException">The check was not passed: nothing may be shown.</exception>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>()
        ?? throw new InvalidOperationException(
            $"{context.Request.Path} was reached without an access check; map the route behind AccessGate"
        );

    /// <summary>The rights that the access check gave the request.</summary>
    /// <exception cref="InvalidOperationException">
    /// It gave none: the route is before the gate, and nothing may be shown.
    /// </exception>
    public static IViewRights ViewRights(this HttpContext context) =>
        context.Features.Get<IViewRights>()
        ?? throw new InvalidOperationException(
            $"{context.Request.Path} was reached without an access check; map the route behind AccessGate"
        );
}
