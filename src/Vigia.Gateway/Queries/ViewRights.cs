using Microsoft.AspNetCore.Http;
using Vigia.Catalog;

namespace Vigia.Gateway.Queries;

/// <summary>Finds a request's <see cref="IViewRights"/>.</summary>
public static class ViewRights
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>Everything may be seen.</summary>
    public static IViewRights Everything { get; } = new Unlimited();

    /// <summary>The rights that access control gave the request as a feature.</summary>
    /// <exception cref="InvalidOperationException">It gave none: the route is before the gate, and nothing may be shown.</exception>
    public static IViewRights Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IViewRights>() ?? throw new InvalidOperationException($"{context.Request.Path} was reached without an access check");
    }

    private sealed class Unlimited : IViewRights
    {
        public bool IsEverything => true;

        public Task NextChange => Never;

        public bool Allows(string cluster, ResourceEntry entry, string ns) => true;

        public string Fingerprint(string cluster, ResourceEntry entry) => "";

        public Task PrepareAsync(string cluster, ResourceEntry entry, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
