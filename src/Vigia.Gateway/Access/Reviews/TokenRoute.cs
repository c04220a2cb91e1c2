namespace Vigia.Gateway.Access.Reviews;

/// <summary>
/// The clusters that may receive a token: the one that the request names, or those that trust each other. The operator
/// of a cluster can use every token that is sent to it, so none is sent on a guess.
/// </summary>
/// <param name="Clusters">The clusters that the token goes to; empty if the request is refused.</param>
/// <param name="Refusal">How it is refused; null if it is not.</param>
internal sealed record TokenRoute(IReadOnlyList<string> Clusters, Authentication? Refusal)
{
    private const string NotAccepted = "the token is not accepted";

    // The clusters' clocks and this machine's may differ.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>Decides.</summary>
    /// <param name="all">
    /// The gateway's clusters, and whether each is reached over a connection that proves whose it is.
    /// </param>
    /// <param name="named">The clusters that the request names; null if it names none.</param>
    /// <param name="claims">The token's claims; null if it is not a JWT.</param>
    /// <param name="options">The clusters that trust each other, and the known issuers.</param>
    /// <param name="now">The time.</param>
    public static TokenRoute Choose(
        IReadOnlyList<(string Name, bool IsVerified)> all,
        IReadOnlyList<string>? named,
        JwtClaims? claims,
        AccessOptions options,
        DateTimeOffset now
    )
    {
        // 1. What needs no question: a token that has ended, a cluster that there is not.
        if (claims?.Expires is { } expires && expires + Skew < now)
        {
            return Refused(Authentication.Refused("the token has expired"));
        }

        var asked = named is null || all.Count == 1 ? all : [.. all.Where(cluster => named.Contains(cluster.Name))];
        if (asked.Count == 0)
        {
            return Refused(Authentication.Refused($"{NotAccepted} by any cluster that the request names"));
        }

        // 2. A cluster whose issuer is known is shown tokens of that issuer only.
        var isOfKnownIssuer = false;
        var fitting = asked.Where(cluster => Fits(cluster.Name, claims, options, ref isOfKnownIssuer)).ToArray();
        if (fitting.Length == 0)
        {
            return Refused(Authentication.Refused($"{NotAccepted}: no cluster here has its issuer"));
        }

        if (all.Count == 1)
        {
            return new([all[0].Name], null);
        }

        // 3. One by its name, or by its issuer; several only where they trust each other.
        var issued = isOfKnownIssuer ? fitting.Where(cluster => IsIssuer(cluster.Name, claims!.Issuer!, options)).ToArray() : fitting;
        if (asked.Count > 1 && !isOfKnownIssuer)
        {
            issued = [.. fitting.Where(cluster => options.TrustedClusters.Contains("*") || options.TrustedClusters.Contains(cluster.Name))];
            if (issued.Length == 0 || (named is not null && issued.Length < asked.Count))
            {
                return Refused(
                    new Authentication(
                        null,
                        400,
                        "Name a cluster",
                        "this gateway serves several clusters and sends a token only to the cluster that the request names: "
                            + "add ?cluster=NAME, or use the address /kubernetes/NAME. To query several clusters with one token, "
                            + "the operator lists them in access.trustedClusters"
                    )
                );
            }
        }

        // 4. Never to an unauthenticated server.
        var verified = issued.Where(cluster => cluster.IsVerified).Select(cluster => cluster.Name).ToArray();
        return verified.Length > 0
            ? new(verified, null)
            : Refused(
                new Authentication(
                    null,
                    403,
                    "Token not sent",
                    "the gateway never sends a token to a cluster without TLS or without checking its certificate; set "
                        + "the cluster's certificate-authority in the kubeconfig"
                )
                {
                    Detail =
                        $"no token is sent to {string.Join(", ", issued.Select(cluster => cluster.Name))}: the connection has "
                        + "no TLS, or uses insecure-skip-tls-verify",
                }
            );
    }

    private static TokenRoute Refused(Authentication refusal) => new([], refusal);

    private static bool Fits(string cluster, JwtClaims? claims, AccessOptions options, ref bool isOfKnownIssuer)
    {
        var isListed = options.Issuers.Any(issuer => issuer.StartsWith(cluster + "=", StringComparison.Ordinal));
        if (!isListed || claims?.Issuer is not { } issuer)
        {
            return true;
        }

        var fits = IsIssuer(cluster, issuer, options);
        isOfKnownIssuer |= fits;
        return fits;
    }

    private static bool IsIssuer(string cluster, string issuer, AccessOptions options) => options.Issuers.Contains($"{cluster}={issuer}");
}
