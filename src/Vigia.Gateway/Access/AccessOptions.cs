namespace Vigia.Gateway.Access;

/// <summary>Authentication and authorization of a gateway.</summary>
public sealed record AccessOptions
{
    /// <summary>How callers are known. Default <see cref="AuthMode.None"/>.</summary>
    public AuthMode Mode { get; init; } = AuthMode.None;

    /// <summary>
    /// True to allow no authentication, or tokens without TLS, on a non-loopback address. Dangerous. Default false.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>The file of tokens for <see cref="AuthMode.Token"/>; read again when it changes.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// How long a review is cached; also the interval at which those of open streams are renewed. Default 30 s; 1 s to
    /// 5 min.
    /// </summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an open stream keeps its last positive review while the cluster is unavailable; then its rows are
    /// deleted. Default 60 s; not below <see cref="CacheFor"/>.
    /// </summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a cluster may take to answer a question about a token or a right. Default 5 s.</summary>
    public TimeSpan ReviewTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Questions about rights on their way to one cluster at the same time. Default 16.</summary>
    public int ReviewConcurrency { get; init; } = 16;

    /// <summary>Lifetime of a ticket. Default 30 s; 1 s to 5 min.</summary>
    public TimeSpan TicketLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tickets outstanding at the same time, per caller. Default 100.</summary>
    public int MaxTicketsPerCaller { get; init; } = 100;

    /// <summary>
    /// Requests and streams that one caller may have open at the same time. Default 1,000; one more is refused with
    /// 429. Without authentication there is only the limit for all.
    /// </summary>
    public int MaxOpenPerCaller { get; init; } = 1000;

    /// <summary>
    /// Tokens remembered at the same time, refused ones included; the oldest that is not in use is forgotten first.
    /// Default 10,000.
    /// </summary>
    public int MaxRemembered { get; init; } = 10_000;

    /// <summary>
    /// Host names of this gateway, in addition to localhost and the listen address. Checked on a loopback address
    /// without authentication, and whenever names are set; <c>*</c> for any. Default none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// Clusters that trust each other with their users' tokens, by name; <c>*</c> for all. With several clusters a
    /// token goes only to the cluster that the request names, or to all of these. Default none.
    /// </summary>
    public IReadOnlyList<string> TrustedClusters { get; init; } = [];

    /// <summary>
    /// The issuers of clusters' tokens, as <c>CLUSTER=ISSUER</c>: a JWT goes only to the clusters of its <c>iss</c>.
    /// Default none.
    /// </summary>
    public IReadOnlyList<string> Issuers { get; init; } = [];

    /// <summary>
    /// Refused tokens per address before it must wait (429); one more is allowed each second. Tokens that were accepted
    /// before are not affected. Default 20.
    /// </summary>
    public int MaxFailedPerAddress { get; init; } = 20;

    /// <summary>
    /// Access reviews per second that one user may cause at a cluster, as long as none was allowed. Default 15; ten
    /// times as many for a user with rights.
    /// </summary>
    public int ReviewsPerSecond { get; init; } = 15;

    /// <summary>
    /// Access reviews that one user may cause at once, in addition to <see cref="ReviewsPerSecond"/>. Default 200; ten
    /// times as many for a user with rights.
    /// </summary>
    public int ReviewBurst { get; init; } = 200;

    /// <summary>The errors in the options, a sentence each; empty if there are none.</summary>
    /// <param name="listen">The address to listen on; with TLS the scheme is https.</param>
    /// <param name="hasTls">True if the gateway has a certificate.</param>
    public IEnumerable<string> Faults(Uri listen, bool hasTls = false)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var address = listen.GetLeftPart(UriPartial.Authority);
        if (!listen.IsLoopback && !Insecure)
        {
            if (Mode == AuthMode.None)
            {
                yield return $"{address} is not a loopback address and there is no authentication; choose --auth kubernetes or "
                    + "--auth token, listen on 127.0.0.1, or pass --insecure";
            }
            else if (!hasTls)
            {
                yield return $"{address} would receive bearer tokens unencrypted; pass --tls-cert and --tls-key, listen on "
                    + "127.0.0.1 behind a proxy with TLS, or pass --insecure";
            }
        }

        if (listen.Scheme == Uri.UriSchemeHttps && !hasTls)
        {
            yield return $"{address} needs a certificate: pass --tls-cert and --tls-key, or listen on http://{listen.Authority}";
        }

        if (Mode == AuthMode.Token && string.IsNullOrEmpty(TokenFile))
        {
            yield return "--auth token needs --token-file: a CSV file with lines token,user,uid,\"group1,group2\", or a YAML file";
        }

        if (Mode != AuthMode.Token && !string.IsNullOrEmpty(TokenFile))
        {
            yield return $"--token-file {TokenFile} has no effect with --auth {Mode.ToString().ToLowerInvariant()}; use --auth token";
        }

        if (CacheFor < TimeSpan.FromSeconds(1) || CacheFor > TimeSpan.FromMinutes(5))
        {
            yield return $"access.cacheFor must be between 1 s and 5 min, not {CacheFor}";
        }

        if (KeepFor < CacheFor)
        {
            yield return $"access.keepFor ({KeepFor}) must not be shorter than access.cacheFor ({CacheFor})";
        }

        foreach (var issuer in Issuers.Where(issuer => issuer.IndexOf('=', StringComparison.Ordinal) <= 0 || issuer.EndsWith('=')))
        {
            yield return $"the issuer '{issuer}' must be CLUSTER=ISSUER, for example prod=https://issuer.example.com";
        }

        if (TicketLifetime < TimeSpan.FromSeconds(1) || TicketLifetime > TimeSpan.FromMinutes(5))
        {
            yield return $"the ticket lifetime must be between 1 s and 5 min, not {TicketLifetime}";
        }
    }
}
