using System.Net;
using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Access;

/// <summary>
/// Refuses requests under a host name that is not this gateway's, where nothing else keeps other web pages out.
/// </summary>
/// <remarks>
/// A page whose name was made to point at 127.0.0.1 (DNS rebinding) sends its own name in <c>Host</c> and
/// <c>Origin</c>, so these two agree and prove nothing. On a loopback address without authentication only names that
/// always mean this machine are accepted, and the names in <c>access.hosts</c>. An address as the host is not a name,
/// so it cannot be rebound. <c>kubectl proxy</c> does the same (<c>--accept-hosts</c>).
/// </remarks>
internal sealed class HostPolicy
{
    private readonly HashSet<string> _hosts;
    private readonly bool _any;

    private HostPolicy(IEnumerable<string> hosts)
    {
        _hosts = new(hosts.Select(host => host.TrimEnd('.')), StringComparer.OrdinalIgnoreCase);
        _any = _hosts.Contains("*");
    }

    /// <summary>The policy of the options; null if any host is allowed.</summary>
    public static HostPolicy? Create(AccessOptions options, Uri listen) =>
        options.Hosts.Count > 0 || (options.Mode == AuthMode.None && listen.IsLoopback)
            ? new HostPolicy([.. options.Hosts, "localhost", listen.IdnHost])
            : null;

    /// <summary>The step of the pipeline; before anything that trusts the host.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        IsKnown(context.Request.Host)
            ? next(context)
            : Problem.WriteAsync(
                context,
                421,
                "Unknown host",
                $"{Shorten(context.Request.Host.Host)} is not a host name of this gateway; use localhost or "
                    + "127.0.0.1, or add the name to access.hosts in the configuration"
            );

    /// <summary>True if the host means this gateway. Requests without one are not made by browsers.</summary>
    internal bool IsKnown(HostString host)
    {
        if (_any || !host.HasValue)
        {
            return true;
        }

        var name = host.Host.Trim('[', ']').TrimEnd('.');
        return _hosts.Contains(name)
            || (IPAddress.TryParse(name, out var address) && (IPAddress.IsLoopback(address) || _hosts.Contains(address.ToString())));
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
