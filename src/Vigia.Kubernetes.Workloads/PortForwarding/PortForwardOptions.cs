using System.Net;

namespace Vigia.Kubernetes.Workloads;

/// <summary>The local port, and the pod's port that it leads to. Immutable.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="PodPort">The pod's port, 1 to 65535.</param>
public sealed record PortForwardOptions(ObjectKey Pod, int PodPort)
{
    /// <summary>The local port; 0 (default) for any free port.</summary>
    public int LocalPort { get; init; }

    /// <summary>The local address. Default loopback: others cannot use it.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Connections at once; more wait to be accepted. Default 256.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>
    /// How long a connection whose local side has ended stays open while the pod says nothing. Default 5 s.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The kubectl command that does the same.</summary>
    /// <param name="context">The kubeconfig context; null omits it.</param>
    public string Kubectl(string? context = null) =>
        new ActionTarget(KnownResources.Pods, Pod, context).Kubectl(
            "port-forward",
            null,
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(LocalPort == 0 ? "" : LocalPort)}:{PodPort}"),
            IPAddress.Loopback.Equals(Address) ? "" : $"--address={Address}"
        );
}
