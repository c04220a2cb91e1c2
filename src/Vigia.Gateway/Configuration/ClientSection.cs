using Vigia.Kubernetes;

namespace Vigia.Gateway.Configuration;

/// <summary><c>client</c>: how API servers are spoken to.</summary>
internal static class ClientSection
{
    public static KubernetesClientOptions Read(SectionReader section)
    {
        var absent = new KubernetesClientOptions();
        var (least, most) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        var options = new KubernetesClientOptions
        {
            RequestTimeout = section.Duration(
                "requestTimeout",
                absent.RequestTimeout,
                least,
                most,
                "From a request to the headers of its answer."
            ),
            ConnectTimeout = section.Duration("connectTimeout", absent.ConnectTimeout, least, most, "To a standing connection."),
            KeepAlivePingDelay = section.Duration(
                "keepAlivePingDelay",
                absent.KeepAlivePingDelay,
                TimeSpan.FromSeconds(1),
                most,
                "After so long without a frame an HTTP/2 connection is pinged."
            ),
            KeepAlivePingTimeout = section.Duration(
                "keepAlivePingTimeout",
                absent.KeepAlivePingTimeout,
                TimeSpan.FromSeconds(1),
                most,
                "How long the answer to a ping may take; with the delay above, how soon a dead link is noticed."
            ),
            Compression = section.Word(
                "compression",
                absent.Compression,
                "Whether answers are asked for compressed; auto: except from loopback addresses, and where the kubeconfig says "
                    + "disable-compression."
            ),
            MaxRetries = section.Count(
                "maxRetries",
                absent.MaxRetries,
                0,
                100,
                "How often a request that is no watch is repeated after 429 or 5xx with Retry-After."
            ),
        };
        section.Finish();
        return options;
    }
}
