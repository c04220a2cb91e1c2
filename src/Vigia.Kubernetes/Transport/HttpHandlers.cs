using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Vigia.Kubernetes.Transport;

/// <summary>Creates the HTTP handler for a cluster: TLS, HTTP/2 with pings, proxy, compression.</summary>
internal static class HttpHandlers
{
    // 10,000 pods are 200 MB: with the default window of 64 KB an HTTP/2 stream starts with one round trip per 64 KB.
    private const int StreamWindow = 4 << 20;

    public static SocketsHttpHandler Create(ClusterConfiguration cluster, KubernetesClientOptions options, Credential credential)
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
        };
        if (cluster.ProxyUrl is { } proxy)
        {
            (handler.UseProxy, handler.Proxy) = (true, new WebProxy(proxy) { Credentials = CredentialsOf(proxy) });
        }

        var tls = handler.SslOptions;
        if (credential.ClientCertificate is { } clientCertificate)
        {
            // With its intermediates: a server that has only the root could not build the chain.
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(
                clientCertificate,
                [.. credential.ClientCertificateChain],
                offline: true
            );
        }

        if (cluster.InsecureSkipTlsVerify)
        {
            // Requested in the kubeconfig.
#pragma warning disable CA5359
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (cluster.CertificateAuthorities is { Count: > 0 } authorities)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                ServerTrust.Verify(certificate, chain, errors, authorities);
        }

        // The handler itself always uses the host of the address. Through a proxy only the handler can make the
        // handshake: see HostOf.
        var serverName = !IsProxied(cluster) && cluster.Server.Scheme == Uri.UriSchemeHttps ? cluster.TlsServerName : null;
        handler.ConnectCallback = serverName is null ? ConnectAsync : (context, ct) => ConnectAsync(context, tls, serverName, ct);

        return handler;
    }

    /// <summary>
    /// The Host header to send, if the handler makes TLS through a proxy's tunnel and the certificate must be for
    /// another name: the handler takes the name from there. Null if the address' own is right.
    /// </summary>
    public static string? HostOf(ClusterConfiguration cluster) =>
        IsProxied(cluster) && cluster.TlsServerName is { Length: > 0 } name && cluster.Server.Scheme == Uri.UriSchemeHttps
            ? $"{name}:{cluster.Server.Port}"
            : null;

    /// <summary>True if there is a proxy: the kubeconfig's, or that of the environment.</summary>
    private static bool IsProxied(ClusterConfiguration cluster) =>
        cluster.ProxyUrl is not null
        || (!HttpClient.DefaultProxy.IsBypassed(cluster.Server) && HttpClient.DefaultProxy.GetProxy(cluster.Server) is not null);

    /// <summary>True for an address of this machine.</summary>
    public static bool IsLoopback(Uri server) => server.IsLoopback;

    private static bool Compresses(ClusterConfiguration cluster, KubernetesClientOptions options) =>
        options.Compression switch
        {
            Compression.On => true,
            Compression.Off => false,
            _ => !cluster.DisableCompression && !IsLoopback(cluster.Server),
        };

    private static NetworkCredential? CredentialsOf(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2);
        return proxy.UserInfo.Length == 0
            ? null
            : new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    /// <summary>
    /// TCP keep-alive for HTTP/1.1, which has no pings: a dead link is noticed after 15 s and three probes 5 s apart.
    /// </summary>
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

    /// <summary>
    /// A connection whose certificate must be for the name in the kubeconfig (<c>tls-server-name</c>), which is also
    /// sent as SNI.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        SslClientAuthenticationOptions configured,
        string serverName,
        CancellationToken cancellationToken
    )
    {
        var stream = new SslStream(await ConnectAsync(context, cancellationToken));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = serverName,
                    ApplicationProtocols =
                        context.InitialRequestMessage.Version.Major >= 2
                            ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                            : [SslApplicationProtocol.Http11],
                    ClientCertificateContext = configured.ClientCertificateContext,
                    RemoteCertificateValidationCallback = configured.RemoteCertificateValidationCallback,
                },
                cancellationToken
            );
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
