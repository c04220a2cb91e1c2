using Vigia.Gateway.Access;
using Vigia.Gateway.Access.Reviews;

namespace Vigia.Gateway.Tests.Access;

/// <summary>Which clusters a token is sent to.</summary>
public sealed class TokenRouteTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(60);

    [Theory]
    // One cluster: it alone is asked, whatever is named and however it is reached.
    [InlineData("prod", null, "", "", null, "prod")]
    [InlineData("prod", "dev", "", "", null, "prod")]
    [InlineData("!lab", null, "", "", null, "lab")]
    // Several: the one that is named, and no other.
    [InlineData("prod dev", "prod", "", "", null, "prod")]
    [InlineData("prod dev", "dev", "", "", null, "dev")]
    [InlineData("prod dev", null, "", "", null, "400")]
    [InlineData("prod dev", "prod,dev", "", "", null, "400")]
    [InlineData("prod dev", "nowhere", "", "", null, "401")]
    // Those that trust each other, and no others.
    [InlineData("prod dev", null, "*", "", null, "prod dev")]
    [InlineData("east west dev", null, "east west", "", null, "east west")]
    [InlineData("east west dev", "east,west", "east west", "", null, "east west")]
    [InlineData("east west dev", "east,dev", "east west", "", null, "400")]
    [InlineData("east west dev", "dev", "east west", "", null, "dev")]
    // Never without TLS or without a check of the certificate.
    [InlineData("prod !lab", "lab", "", "", null, "403")]
    [InlineData("prod !lab", null, "*", "", null, "prod")]
    // By issuer.
    [InlineData("prod dev", null, "", "prod=https://p dev=https://d", "https://p", "prod")]
    [InlineData("prod dev", "dev", "", "prod=https://p dev=https://d", "https://p", "401")]
    [InlineData("prod dev", "dev", "", "dev=https://d", "https://p", "401")]
    [InlineData("prod dev", "prod", "", "dev=https://d", "https://p", "prod")]
    [InlineData("east west dev", null, "", "east=https://p west=https://p dev=https://d", "https://p", "east west")]
    [InlineData("prod", null, "", "prod=https://p", "https://other", "401")]
    public void A_token_goes_to_the_cluster_that_is_asked_for_and_to_no_other(
        string all,
        string? named,
        string trusted,
        string issuers,
        string? issuer,
        string expected
    )
    {
        var options = new AccessOptions { TrustedClusters = Words(trusted), Issuers = Words(issuers) };
        var clusters = Words(all).Select(name => (name.TrimStart('!'), !name.StartsWith('!'))).ToArray();

        var route = TokenRoute.Choose(clusters, named?.Split(','), issuer is null ? null : new JwtClaims(issuer, null), options, Now);

        Assert.Equal(
            expected,
            route.Refusal is { } refusal
                ? refusal.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)
                : string.Join(' ', route.Clusters)
        );
        Assert.True(
            route.Refusal is null || !Words(all).Any(name => route.Refusal.Reason.Contains(name.TrimStart('!'), StringComparison.Ordinal)),
            "a refusal names no cluster"
        );
    }

    [Fact]
    public void A_token_that_has_ended_is_not_sent_at_all()
    {
        (string, bool)[] one = [("prod", true)];
        Assert.Equal(401, TokenRoute.Choose(one, null, new JwtClaims(null, Now.AddMinutes(-2)), new AccessOptions(), Now).Refusal?.Status);

        // The cluster decides where the clocks may differ.
        Assert.Null(TokenRoute.Choose(one, null, new JwtClaims(null, Now.AddSeconds(-30)), new AccessOptions(), Now).Refusal);
    }

    [Theory]
    [InlineData("anna-token", false, null, null)]
    [InlineData("a.b", false, null, null)]
    [InlineData("a.b.c", false, null, null)]
    [InlineData("a.e30.c", true, null, null)]
    [InlineData("a.e30.c.d", false, null, null)]
    [InlineData("a.W10.c", false, null, null)]
    [InlineData("a.eyJpc3MiOiJodHRwczovL3AiLCJleHAiOjYwfQ.c", true, "https://p", 60)]
    [InlineData("a.eyJpc3MiOjEsImV4cCI6IngifQ.c", true, null, null)]
    [InlineData("a.eyJleHAiOjFlOTl9.c", true, null, null)]
    public void Claims_are_read_of_what_is_a_jwt(string token, bool isJwt, string? issuer, int? expires)
    {
        var claims = JwtClaims.Read(token);
        Assert.Equal(isJwt, claims is not null);
        Assert.Equal(issuer, claims?.Issuer);
        Assert.Equal(expires, claims?.Expires?.ToUnixTimeSeconds());
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
