namespace Vigia.Gateway.Access;

/// <summary>Who may use a gateway, and what each may see.</summary>
public sealed record AccessOptions
{
    /// <summary>How callers are known. Default <see cref="AuthMode.None"/>.</summary>
    public AuthMode Mode { get; init; } = AuthMode.None;

    /// <summary>
    /// True to allow what is dangerous: no authentication, or tokens without TLS, on an address that others can reach.
    /// Default false.
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>The file of tokens for <see cref="AuthMode.Token"/>; read again when it changes.</summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// How long a cluster's answer about a token or a right is believed, and how often those of open streams are asked
    /// for again. Default 30 s; 1 s to 5 min.
    /// </summary>
    public TimeSpan CacheFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How old the last positive answer may grow for an open stream while the cluster cannot be asked; then its rows
    /// leave. Default 60 s; not below <see cref="CacheFor"/>.
    /// </summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a cluster may take to answer a question about a token or a right. Default 5 s.</summary>
    public TimeSpan ReviewTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Questions about rights on their way to one cluster at the same time. Default 16.</summary>
    public int ReviewConcurrency { get; init; } = 16;

    /// <summary>How long a ticket is good for. Default 30 s; 1 s to 5 min.</summary>
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
    /// Host names that mean this gateway, beside localhost and the address it listens on. Checked on a loopback address
    /// without authentication, and wherever names are given; <c>*</c> for any. Default none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>
    /// Clusters that trust each other with their users' tokens, by name; <c>*</c> for all. With several clusters a
    /// token goes only to the cluster that the request names, or to all of these. Default none.
    /// </summary>
    public IReadOnlyList<string> TrustedClusters { get; init; } = [];

    /// <summary>
    /// Which issuer's tokens a cluster accepts, as <c>CLUSTER=ISSUER</c>: a JWT goes only to the clusters of its
    /// <c>iss</c>. Default none.
    /// </summary>
    public IReadOnlyList<string> Issuers { get; init; } = [];

    /// <summary>
    /// Tokens that one address may send in vain before it has to wait (429); one more is allowed each second. Tokens
    /// that were accepted before are not held up by it. Default 20.
    /// </summary>
    public int MaxFailedPerAddress { get; init; } = 20;

    /// <summary>
    /// Questions about rights that one user may cause at a cluster each second, as long as none was answered with yes.
    /// Default 15; a user who has rights may cause ten times as many.
    /// </summary>
    public int ReviewsPerSecond { get; init; } = 15;

    /// <summary>
    /// Questions about rights that one user may cause at once, beside <see cref="ReviewsPerSecond"/>. Default 200; a
    /// user who has rights may cause ten times as many.
    /// </summary>
    public int ReviewBurst { get; init; } = 200;

    /// <summary>What is wrong with the options, a sentence each; empty where nothing is.</summary>
    /// <param name="listen">Where the gateway is to listen; with TLS the scheme is https.</param>
    /// <param name="hasTls">True where the gateway has a certificate.</param>
    public IEnumerable<string> Faults(Uri listen, bool hasTls = false)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var address = listen.GetLeftPart(UriPartial.Authority);
        if (!listen.IsLoopback && !Insecure)
        {
            if (Mode == AuthMode.None)
            {
                yield return $"{address} can be reached by others, and nobody is asked who he is; choose --auth kubernetes or --auth "
                    + $"token, or listen on 127.0.0.1, or say --insecure";
            }
            else if (!hasTls)
            {
                yield return $"{address} would send bearer tokens in the clear; give --tls-cert and --tls-key, or listen on 127.0.0.1 "
                    + $"behind a proxy that has TLS, or say --insecure";
            }
        }

        if (listen.Scheme == Uri.UriSchemeHttps && !hasTls)
        {
            yield return $"{address} needs a certificate: give --tls-cert and --tls-key, or listen on http://{listen.Authority}";
        }

        if (Mode == AuthMode.Token && string.IsNullOrEmpty(TokenFile))
        {
            yield return "--auth token needs --token-file: a file of lines token,user,uid,\"group1,group2\", or of YAML";
        }

        if (Mode != AuthMode.Token && !string.IsNullOrEmpty(TokenFile))
        {
            yield return $"--token-file {TokenFile} is of no use with --auth {Mode.ToString().ToLowerInvariant()}; say --auth token";
        }

        if (CacheFor < TimeSpan.FromSeconds(1) || CacheFor > TimeSpan.FromMinutes(5))
        {
            yield return $"answers about rights can be believed for 1 s to 5 min, not {CacheFor}";
        }

        if (KeepFor < CacheFor)
        {
            yield return $"rights cannot be kept without an answer ({KeepFor}) for less time than answers are believed ({CacheFor})";
        }

        foreach (var issuer in Issuers.Where(issuer => issuer.IndexOf('=', StringComparison.Ordinal) <= 0 || issuer.EndsWith('=')))
        {
            yield return $"the issuer '{issuer}' has to be CLUSTER=ISSUER, as prod=https://issuer.example.com";
        }

        if (TicketLifetime < TimeSpan.FromSeconds(1) || TicketLifetime > TimeSpan.FromMinutes(5))
        {
            yield return $"tickets can be good for 1 s to 5 min, not {TicketLifetime}";
        }
    }
}
