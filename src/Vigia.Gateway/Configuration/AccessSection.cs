using Vigia.Gateway.Access;

namespace Vigia.Gateway.Configuration;

/// <summary><c>access</c>: who may use the gateway, and what each may see.</summary>
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
                "How callers are known: none (loopback only), token (a file of tokens), kubernetes (the clusters' own tokens and rights)."
            ),
            Insecure = section.Flag(
                "insecure",
                absent.Insecure,
                "Allow what is dangerous: no authentication, or tokens without TLS, on an address that others can reach."
            ),
            TokenFile = section.File("tokenFile", "The file of tokens for the mode token; read again when it changes."),
            CacheFor = section.Duration(
                "cacheFor",
                absent.CacheFor,
                least,
                most,
                "How long a cluster's answer about a token or a right is believed, and how often those of open streams are asked for again."
            ),
            KeepFor = section.Duration(
                "keepFor",
                absent.KeepFor,
                least,
                TimeSpan.FromHours(1),
                "How old the last positive answer may grow for an open stream while the cluster cannot be asked."
            ),
            ReviewTimeout = section.Duration(
                "reviewTimeout",
                absent.ReviewTimeout,
                TimeSpan.FromMilliseconds(100),
                most,
                "How long a cluster may take to answer a question about a token or a right."
            ),
            ReviewConcurrency = section.Count(
                "reviewConcurrency",
                absent.ReviewConcurrency,
                1,
                1000,
                "Questions about rights on their way to one cluster at the same time; as many again for tokens."
            ),
            TicketLifetime = section.Duration(
                "ticketLifetime",
                absent.TicketLifetime,
                least,
                most,
                "How long a browser's ticket is good for."
            ),
            MaxTicketsPerCaller = section.Count(
                "maxTicketsPerCaller",
                absent.MaxTicketsPerCaller,
                1,
                100_000,
                "Tickets outstanding at the same time, per caller."
            ),
            MaxOpenPerCaller = section.Count(
                "maxOpenPerCaller",
                absent.MaxOpenPerCaller,
                1,
                10_000_000,
                "Requests and streams that one caller may have open at the same time."
            ),
            MaxRemembered = section.Count(
                "maxRemembered",
                absent.MaxRemembered,
                100,
                10_000_000,
                "Tokens remembered at the same time, refused ones included."
            ),
            Hosts = section.Texts(
                "hosts",
                "Host names that mean this gateway, beside localhost and the address it listens on; checked on a loopback address without "
                    + "authentication, and wherever names are given. * for any."
            ),
            TrustedClusters = section.Texts(
                "trustedClusters",
                "Clusters that trust each other with their users' tokens, by name; * for all. Without, a request to a gateway of several "
                    + "clusters has to name one, and its token goes to no other."
            ),
            Issuers = section.Texts(
                "issuers",
                "Which issuer's tokens a cluster accepts, as CLUSTER=ISSUER: a JWT goes only to the clusters of its iss."
            ),
            MaxFailedPerAddress = section.Count(
                "maxFailedPerAddress",
                absent.MaxFailedPerAddress,
                1,
                1_000_000,
                "Tokens that one address may send in vain before it has to wait; one more is allowed each second."
            ),
            ReviewsPerSecond = section.Count(
                "reviewsPerSecond",
                absent.ReviewsPerSecond,
                1,
                100_000,
                "Questions about rights that a user without any may cause at a cluster each second; one who has rights ten times as many."
            ),
            ReviewBurst = section.Count("reviewBurst", absent.ReviewBurst, 1, 1_000_000, "The same, at once."),
        };
        section.Finish();
        return options;
    }
}
