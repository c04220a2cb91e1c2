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
                "Time from a request to the headers of its answer."
            ),
            ConnectTimeout = section.Duration("connectTimeout", absent.ConnectTimeout, least, most, "Time to establish a connection."),
            KeepAlivePingDelay = section.Duration(
                "keepAlivePingDelay",
                absent.KeepAlivePingDelay,
                TimeSpan.FromSeconds(1),
                most,
                "An HTTP/2 connection is pinged after this time without a frame."
            ),
            KeepAlivePingTimeout = section.Duration(
                "keepAlivePingTimeout",
                absent.KeepAlivePingTimeout,
                TimeSpan.FromSeconds(1),
                most,
                "How long the answer to a ping may take. With the delay above: how soon a dead connection is noticed."
            ),
            Compression = section.Word(
                "compression",
                absent.Compression,
                "Whether to ask for compressed answers. auto: not from loopback, and not if the kubeconfig has disable-compression."
            ),
            MaxRetries = section.Count(
                "maxRetries",
                absent.MaxRetries,
                0,
                100,
                "Retries after 429 or 5xx with Retry-After, for requests other than watches."
            ),
        };
        section.Finish();
        return options;
    }
}
