using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Http;

/// <summary>How refusals are written for the clients of another API than the gateway's own.</summary>
/// <param name="IsMeant">True if a request belongs to that API. Called only if it is refused.</param>
/// <param name="WriteAsync">Writes a refusal: status and sentence.</param>
internal sealed record RefusalForm(Predicate<HttpContext> IsMeant, Func<HttpContext, int, string, Task> WriteAsync);
