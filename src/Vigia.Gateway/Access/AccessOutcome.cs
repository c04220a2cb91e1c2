using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Access;

/// <summary>Why a request was refused, for the audit log.</summary>
/// <param name="Reason">The reason, as sent to the caller.</param>
internal sealed record AccessOutcome(string Reason)
{
    /// <summary>Notes a refusal.</summary>
    public static void Refused(HttpContext context, string reason) => context.Features.Set(new AccessOutcome(reason));
}
