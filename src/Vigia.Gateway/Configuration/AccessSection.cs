using Vigia.Gateway.Access;

namespace Vigia.Gateway.Configuration;

/// <summary><c>access</c>: authentication and authorization.</summary>
internal static class AccessSection
{
    public static AccessOptions Read(SectionReader section)
    {
        var absent = new AccessOptions();
        var (least, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        var options = new AccessOptions
        {
            Mode = section.Word(
                "mode",
                absent.Mode,
                "How callers authenticate: none (loopback only), token (a file of tokens) or kubernetes (the clusters' tokens and RBAC)."
            ),
            Insecure = section.Flag(
                "insecure",
                absent.Insecure,
                "Allow listening on a non-loopback address without authentication, or with tokens but without TLS."
            ),
            TokenFile = section.File("tokenFile", "The file of tokens for the mode token. It is read again when it changes."),
            CacheFor = section.Duration(
                "cacheFor",
                absent.CacheFor,
                least,
                most,
                "How long a cluster's answer about a token or a right is valid. Answers for open streams are renewed as often."
            ),
            KeepFor = section.Duration(
                "keepFor",
                absent.KeepFor,
                least,
                TimeSpan.FromHours(1),
                "How old the last positive answer for an open stream may be while the cluster cannot be asked."
            ),
            ReviewTimeout = section.Duration(
                "reviewTimeout",
                absent.ReviewTimeout,
                TimeSpan.FromMilliseconds(100),
                most,
                "Timeout of a token review or an access review."
            ),
            ReviewConcurrency = section.Count(
                "reviewConcurrency",
                absent.ReviewConcurrency,
                1,
                1000,
                "Concurrent access reviews per cluster, and as many token reviews."
            ),
            TicketLifetime = section.Duration(
                "ticketLifetime",
                absent.TicketLifetime,
                least,
                most,
                "How long a browser's ticket is valid."
            ),
            MaxTicketsPerCaller = section.Count(
                "maxTicketsPerCaller",
                absent.MaxTicketsPerCaller,
                1,
                100_000,
                "Unused tickets per caller."
            ),
            MaxOpenPerCaller = section.Count(
                "maxOpenPerCaller",
                absent.MaxOpenPerCaller,
                1,
                10_000_000,
                "Open requests and streams per caller."
            ),
            MaxRemembered = section.Count(
                "maxRemembered",
                absent.MaxRemembered,
                100,
                10_000_000,
                "Remembered tokens, including refused ones."
            ),
            Hosts = section.Texts(
                "hosts",
                "Host names of this gateway, beside localhost and its own address. "
                    + "Checked if any are given, and on loopback without authentication. * for any."
            ),
            TrustedClusters = section.Texts(
                "trustedClusters",
                "Clusters that may see each other's tokens, by name; * for all. Otherwise a request to several clusters must name one."
            ),
            Issuers = section.Texts(
                "issuers",
                "Which issuer's tokens a cluster accepts, as CLUSTER=ISSUER. A JWT goes only to the clusters of its iss."
            ),
            MaxFailedPerAddress = section.Count(
                "maxFailedPerAddress",
                absent.MaxFailedPerAddress,
                1,
                1_000_000,
                "Refused tokens per address before it gets 429. One more is allowed each second."
            ),
            ReviewsPerSecond = section.Count(
                "reviewsPerSecond",
                absent.ReviewsPerSecond,
                1,
                100_000,
                "Access reviews per second and cluster for a user without rights. A user with rights has ten times as many."
            ),
            ReviewBurst = section.Count(
                "reviewBurst",
                absent.ReviewBurst,
                1,
                1_000_000,
                "Access reviews at once and per cluster for a user without rights."
            ),
        };
        section.Finish();
        return options;
    }
}
