using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Access;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Access;

public sealed class TokenFileTests
{
    [Fact]
    public void Lines_are_read_as_kube_apiserver_reads_them()
    {
        var entries = TokenFile.Parse("tokens.csv", "# people\ns3cret,anna,7,\"dev,ops\"\r\n\nother,\"ben \"\"b\"\"\",8\n"u8.ToArray());

        Assert.Equal(["anna", "ben \"b\""], entries.Select(entry => entry.User));
        Assert.Equal("7", entries[0].Uid);
        Assert.Equal(["dev", "ops"], entries[0].Groups);
        Assert.Empty(entries[1].Groups);
    }

    [Fact]
    public void Yaml_may_hold_digests_instead_of_tokens_and_cut_what_is_seen()
    {
        var entries = TokenFile.Parse(
            "tokens.yaml",
            """
            tokens:
            - sha256: 1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0
              user: anna
              groups: [dev]
              namespaces: [team-a]
            - token: other
              user: ben
            """u8.ToArray()
        );

        Assert.Equal(System.Security.Cryptography.SHA256.HashData("s3cret"u8), entries[0].Digest);
        Assert.Equal(["team-a"], entries[0].Namespaces!);
        Assert.Null(entries[1].Namespaces);
    }

    [Theory]
    [InlineData("t.csv", "", "contains no token")]
    [InlineData("t.csv", "s3cret,anna", "t.csv line 1: expected token,user,uid")]
    [InlineData("t.csv", "\n,anna,1", "t.csv line 2")]
    [InlineData("t.csv", "s3cret,anna,1\ns3cret,ben,2", "the same token for anna and ben")]
    [InlineData("t.yaml", "tokens: [", "t.yaml line")]
    [InlineData("t.yaml", "tokens:\n- user: anna", "needs a user, and a token")]
    [InlineData("t.yaml", "tokens:\n- {user: anna, token: s3cret, namespace: [a]}", "unknown key 'namespace'")]
    [InlineData("t.yaml", "tokens:\n- {user: anna, sha256: s3cret}", "64 hexadecimal digits")]
    [InlineData("t.yaml", "tokens:\n- user: anna\n  token: s3cret\n  namespaces:\n", "namespaces must be a list")]
    public void Faults_name_the_line_and_never_the_token(string name, string text, string expected)
    {
        var error = Assert.Throws<TokenFileException>(() => TokenFile.Parse(name, System.Text.Encoding.UTF8.GetBytes(text)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_changes_is_read_again_and_a_broken_one_changes_nothing()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "one,anna,1\ntwo,ben,2", TestContext.Current.CancellationToken);
        var time = new ManualTimeProvider();
        await using var tokens = TokenFileAuthenticator.Open(path, new FailureBudget(20, TimeProvider.System), time, NullLogger.Instance);
        tokens.Start();
        var anna = (await tokens.AuthenticateAsync(new("one"), default)).Caller!;
        var ben = (await tokens.AuthenticateAsync(new("two"), default)).Caller!;

        await File.WriteAllTextAsync(path, "no token at all", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Same(anna, (await tokens.AuthenticateAsync(new("one"), default)).Caller);

        await File.WriteAllTextAsync(path, "two,ben,2\nthree,cleo,3", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(
            async () => (await tokens.AuthenticateAsync(new("one"), default)).Caller is null,
            "the token that left is refused"
        );
        Assert.True(anna.Ended.IsCancellationRequested);
        Assert.Same(ben, (await tokens.AuthenticateAsync(new("two"), default)).Caller);
        Assert.Equal("cleo", (await tokens.AuthenticateAsync(new("three"), default)).Caller?.Name);
        File.Delete(path);
    }

    [Fact]
    public async Task A_token_of_a_file_sees_what_the_file_says()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            path,
            "tokens:\n- {token: all, user: root}\n- {token: some, user: anna, namespaces: [team-a]}\n",
            TestContext.Current.CancellationToken
        );
        await using var fixture = await AccessFixture.StartAsync(new AccessOptions { Mode = AuthMode.Token, TokenFile = path });

        Assert.Equal("a1 a2 b1", await fixture.NamesAsync("api/v1/pods", "all"));
        Assert.Equal("a1 a2", await fixture.NamesAsync("api/v1/pods", "some"));
        Assert.Equal(HttpStatusCode.Forbidden, (await fixture.GetAsync("api/v1/nodes", "some")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", "none")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.GetAsync("api/v1/pods", null)).Status);
        await using var stream = await fixture.StreamAsync("some");
        await stream.SyncedAsync();
        fixture.Inner.Put("b2", "team-b");
        fixture.Inner.Put("a3", "team-a");
        await stream.StoryAsync("reset:start +a1 +a2 +a3");
        File.Delete(path);
    }
}
