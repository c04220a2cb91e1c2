using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Vigia.Kubernetes.Configuration;

namespace Vigia.Kubernetes.Transport;

/// <summary>Makes the HTTP handler for a cluster: TLS, HTTP/2 with pings, proxy, compression.</summary>
internal static class HttpHandlers
{
    // 10,000 pods are 200 MB: with the default window of 64 KB an HTTP/2 stream starts with one round trip per 64 KB.
    private const int StreamWindow = 4 << 20;

    public static SocketsHttpHandler Create(ClusterConfiguration cluster, KubernetesClientOptions options, X509Certificate2? clientCertificate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = StreamWindow,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            AutomaticDecompression = Compresses(cluster, options) ? DecompressionMethods.GZip : DecompressionMethods.None,
            ConnectCallback = ConnectAsync,
        };
        if (cluster.ProxyUrl is { } proxy)
        {
            (handler.UseProxy, handler.Proxy) = (true, new WebProxy(proxy) { Credentials = CredentialsOf(proxy) });
        }

        var tls = handler.SslOptions;
        tls.TargetHost = cluster.TlsServerName;
        if (clientCertificate is not null)
        {
            tls.ClientCertificates = [clientCertificate];
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => clientCertificate;
        }

        if (cluster.InsecureSkipTlsVerify)
        {
            // Asked for in the kubeconfig.
#pragma warning disable CA5359
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (cluster.CertificateAuthorities is { Count: > 0 } authorities)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, authorities);
        }

        return handler;
    }

    /// <summary>True for an address of this machine.</summary>
    public static bool IsLoopback(Uri server) => server.IsLoopback;

    private static bool Compresses(ClusterConfiguration cluster, KubernetesClientOptions options) => options.Compression switch
    {
        Compression.On => true,
        Compression.Off => false,
        _ => !cluster.DisableCompression && !IsLoopback(cluster.Server),
    };

    /// <summary>The kubeconfig's authorities replace the machine's (client-go does the same); the name must match all the same.</summary>
    private static bool IsTrusted(X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            // The reason travels as the message of the exception, which "rejected by the callback" would not tell.
            throw new AuthenticationException((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0 ? "it is for another name than this server's" : "the server showed none");
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (presented is not null)
        {
            foreach (var element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }
        }

        return chain.Build(server)
            ? true
            : throw new AuthenticationException(string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim().TrimEnd('.')).Distinct()));
    }

    private static NetworkCredential? CredentialsOf(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2);
        return proxy.UserInfo.Length == 0 ? null : new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    /// <summary>TCP keep-alive for HTTP/1.1, which has no pings: a dead link is noticed after 15 s and three probes 5 s apart.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
