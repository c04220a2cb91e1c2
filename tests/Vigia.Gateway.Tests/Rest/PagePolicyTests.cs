using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Vigia.Gateway.Tests.Access;

namespace Vigia.Gateway.Tests.Rest;

/// <summary>
/// What the gateway's own pages may do: their policy names the scripts in them, and no other page may frame them.
/// </summary>
public sealed class PagePolicyTests
{
    [Fact]
    public async Task The_pages_run_their_own_scripts_only_and_stand_in_no_frame()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        await JudgeAsync(fixture.Http, (await fixture.GatewayAsync()).Url);
        await using var asked = await AccessFixture.StartAsync();
        await JudgeAsync(asked.Inner.Http, asked.Gateway.Url);
    }

    private static async Task JudgeAsync(HttpClient http, Uri page)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        request.Headers.Accept.ParseAdd("text/html");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var policy = Assert
            .Single(response.Headers.GetValues("Content-Security-Policy"))
            .Split(';', StringSplitOptions.TrimEntries)
            .ToDictionary(rule => rule.Split(' ')[0], rule => rule.Split(' ')[1..]);
        Assert.Equal(["'none'"], policy["frame-ancestors"]);
        Assert.DoesNotContain("'unsafe-inline'", policy["script-src"]);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var scripts = Regex
            .Matches(html, "<script>(.*?)</script>", RegexOptions.Singleline, TimeSpan.FromSeconds(10))
            .Select(match => Encoding.UTF8.GetBytes(match.Groups[1].Value.ReplaceLineEndings("\n")))
            .Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(script))}'")
            .ToArray();
        Assert.NotEmpty(scripts);
        Assert.All(scripts, script => Assert.Contains(script, policy["script-src"]));
        Assert.DoesNotMatch(new Regex("\\son[a-z]+=|javascript:", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10)), html);
    }
}
