using Microsoft.AspNetCore.Http;

namespace Vigia.Gateway.Http;

/// <summary>How refusals are written for the clients of another API than the gateway's own.</summary>
/// <param name="IsMeant">True where a request is one of that API. Asked only where it is refused.</param>
/// <param name="WriteAsync">Writes a refusal: status and sentence.</param>
internal sealed record RefusalForm(Predicate<HttpContext> IsMeant, Func<HttpContext, int, string, Task> WriteAsync);
