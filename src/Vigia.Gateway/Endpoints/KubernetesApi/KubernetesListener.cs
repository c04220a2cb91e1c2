using Microsoft.AspNetCore.Http;
using Vigia.Gateway.Access;

namespace Vigia.Gateway.Endpoints.KubernetesApi;

/// <summary>
/// The address at which the Kubernetes API alone is served, so that a client which cannot be given a path, or goes by
/// no name, finds it at the root.
/// </summary>
/// <param name="wanted">The configured address; null for none.</param>
internal sealed class KubernetesListener(Uri? wanted)
{
    private int _port = wanted?.Port ?? 0;

    /// <summary>The errors in the address, a sentence each.</summary>
    public static IEnumerable<string> Faults(Uri listen, Uri? kubernetesListen, AccessOptions access, bool hasTls)
    {
        if (kubernetesListen is null)
        {
            return [];
        }

        // The local port decides which API a request is for.
        var faults = access.Faults(kubernetesListen, hasTls).Except(access.Faults(listen, hasTls));
        return kubernetesListen.Port == listen.Port && listen.Port != 0
            ? faults.Append(
                $"--kubernetes-listen {kubernetesListen.GetLeftPart(UriPartial.Authority)} has the port of --listen; "
                    + "choose another port"
            )
            : faults;
    }

    /// <summary>Says which port it became, once it is listened on.</summary>
    public void Opened(IEnumerable<string> addresses)
    {
        if (wanted is not null && addresses.Skip(1).FirstOrDefault() is { } address)
        {
            Url = new Uri(address);
            Volatile.Write(ref _port, Url.Port);
        }
    }

    /// <summary>The address it listens on; null if there is none.</summary>
    public Uri? Url { get; private set; }

    /// <summary>True for requests that came to it.</summary>
    public bool IsMeant(HttpContext context) => Volatile.Read(ref _port) is > 0 and var port && context.Connection.LocalPort == port;
}
