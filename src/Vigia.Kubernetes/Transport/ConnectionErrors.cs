using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Vigia.Kubernetes.Transport;

/// <summary>Explains in one sentence why a server is unreachable: the host, the failure, and what to check.</summary>
internal static class ConnectionErrors
{
    /// <summary>Scheme, host and port: never the password that a URL may carry.</summary>
    private static string Name(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped);

    public static KubernetesConnectionException Of(Exception error, ClusterConfiguration cluster, X509Certificate2? shown = null)
    {
        var server = Name(cluster.Server);
        var where = $"context \"{cluster.Context}\"{(cluster.SourceFile is null ? "" : $" in {cluster.SourceFile}")}";
        var through = cluster.ProxyUrl is { } proxy ? $" through the proxy {Name(proxy)}" : "";
        var certificate = shown is null
            ? ""
            : $"; it may refuse the client certificate '{shown.Subject}', which is valid until "
                + $"{shown.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z";
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return new(
                        $"connection to {server}{through} refused: is the API server running, and is this the right address? ({where})",
                        error
                    );
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return new($"the host of {server}{through} cannot be resolved: check the server's name in {where}", error);
                case SocketException socket
                    when cause.InnerException is null
                        && error is HttpRequestException { HttpRequestError: not HttpRequestError.ResponseEnded }:
                    return new($"{server}{through} cannot be reached: {socket.Message}{certificate} ({where})", error);
                case AuthenticationException tls:
                    return new(
                        $"{server} is not trusted: {tls.Message.TrimEnd('.')}; check certificate-authority and tls-server-name in {where}",
                        error
                    );
                case TimeoutException or TaskCanceledException:
                    return new($"{server}{through} did not answer in time ({where})", error);
            }
        }

        return error is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError }
            ? new($"the proxy refuses to connect to {server}{through}: {error.Message} ({where})", error)
            : new(
                $"the connection to {server}{through} broke: {(error.InnerException ?? error).Message.TrimEnd('.')}{certificate} ({where})",
                error
            );
    }
}
