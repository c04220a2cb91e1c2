using Vigia.Gateway.Endpoints.WebSockets;

namespace Vigia.Gateway.Configuration;

/// <summary><c>sockets</c>.</summary>
internal static class SocketsSection
{
    public static SocketOptions Read(SectionReader section)
    {
        var absent = new SocketOptions();
        var (least, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        var origins = section.Texts(
            "allowedOrigins",
            "Origins of other pages that may use this gateway from a browser, such as https://console.example.com; * for any. "
                + "For WebSockets and CORS."
        );
        foreach (
            var origin in origins.Where(origin =>
                origin != "*"
                && !(
                    Uri.TryCreate(origin, UriKind.Absolute, out var url)
                    && url.Scheme is "http" or "https"
                    && url.AbsolutePath == "/"
                    && !origin.EndsWith('/')
                )
            )
        )
        {
            section.Fault(
                "allowedOrigins",
                $"'{origin}' is not an origin: expected https://HOST or https://HOST:PORT without a path, or *"
            );
        }

        var options = new SocketOptions
        {
            AllowedOrigins = origins,
            MaxMessageBytes = section.Count(
                "maxMessageBytes",
                absent.MaxMessageBytes,
                1024,
                64 << 20,
                "The longest message from a client, in bytes. A longer one closes the connection with 1009."
            ),
            MaxSubscriptions = section.Count("maxSubscriptions", absent.MaxSubscriptions, 1, 100_000, "Subscriptions per connection."),
            MaxBadMessages = section.Count(
                "maxBadMessages",
                absent.MaxBadMessages,
                1,
                1_000_000,
                "Invalid messages before the connection is closed with 1008."
            ),
            PingInterval = section.Duration("pingInterval", absent.PingInterval, least, most, "How often the server pings."),
            PongTimeout = section.Duration(
                "pongTimeout",
                absent.PongTimeout,
                least,
                most,
                "How long the answer to a ping may take before the connection is closed."
            ),
        };
        section.Finish();
        return options;
    }
}
