using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Vigia.Gateway.Endpoints.Sse;
using Vigia.Gateway.Http;

namespace Vigia.Gateway.Hosting;

/// <summary>Sockets, limits and TLS of the web server.</summary>
internal static class KestrelSetup
{
    /// <summary>
    /// The addresses, with the scheme that is really spoken; that of the Kubernetes API alone is the second.
    /// </summary>
    public static string Addresses(GatewayOptions options) =>
        string.Join(
            ';',
            new[] { options.Listen, options.KubernetesListen }
                .OfType<Uri>()
                .Select(listen =>
                    options.Tls is null ? listen.GetLeftPart(UriPartial.Authority) : $"{Uri.UriSchemeHttps}://{listen.Authority}"
                )
        );

    /// <summary>Sets the web server up for a gateway of these options.</summary>
    public static void UseGatewayKestrel(this IWebHostBuilder web, GatewayOptions options)
    {
        var streams = options.Streams;
        web.UseUrls(Addresses(options));
        web.UseKestrelHttpsConfiguration();

        // A stream writes to its socket on the same thread: with a thousand streams, changing threads would cost more
        // than the writes.
        web.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.MaxWriteBufferSize = SseOutput.PipeIsEmptyAfterFlush;
        });
        web.ConfigureKestrel(kestrel =>
        {
            var limiter = kestrel.ApplicationServices.GetRequiredService<ConnectionLimiter>();
            var certificate = kestrel.ApplicationServices.GetService<ServerCertificate>();
            kestrel.AddServerHeader = false;

            // Otherwise each idle connection keeps the headers of its last request, up to 64 KiB of them, in case the
            // next has the same.
            kestrel.DisableStringReuse = true;
            kestrel.Limits.MaxRequestBodySize = GatewayServer.MaxBody;
            kestrel.Limits.RequestHeadersTimeout = streams.HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = streams.IdleTimeout;

            // A client that does not read costs a cursor and the response's buffer: no reason to cut it off. It is
            // caught up when it reads again.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxResponseBufferSize = 64 * 1024;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                // Browsers and proxies speak HTTP/2 over TLS only.
                endpoint.Use(limiter.Limit);
                endpoint.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                {
                    endpoint.UseHttps(
                        new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Handshake()) }
                    );
                }

                if (streams.Takeover)
                {
                    endpoint.Use(ConnectionTakeover.Offer);
                }
            });
        });
    }
}
