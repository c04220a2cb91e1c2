namespace Vigia.Kubernetes.Tests.Configuration;

/// <summary>Kubeconfigs as people write them: anchors, merge keys, no names, impersonation.</summary>
public sealed class KubeconfigYamlTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vigia-yaml-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("<<: *c")]
    [InlineData("<<: [*c]")]
    [InlineData("{<<: *c}")]
    public void Merge_keys_are_followed(string merge)
    {
        var configuration = Load(
            $$"""
            current-context: x
            clusters:
            - name: c
              cluster: &c
                server: https://127.0.0.1:7101
                insecure-skip-tls-verify: true
            - name: d
              cluster:
                {{merge}}
            contexts: [{name: x, context: {cluster: d, user: u} }]
            users: [{name: u, user: {token: t} }]
            """
        );

        Assert.Equal(new Uri("https://127.0.0.1:7101"), configuration.Server);
        Assert.True(configuration.InsecureSkipTlsVerify);
    }

    [Fact]
    public void A_member_of_ones_own_wins_over_a_merged_one_and_an_anchor_within_itself_ends()
    {
        var configuration = Load(
            """
            current-context: x
            clusters:
            - {name: c, cluster: &c {server: "https://a:1", insecure-skip-tls-verify: &t true}}
            - {name: d, cluster: {<<: *c, server: "https://b:2", insecure-skip-tls-verify: *t}}
            contexts: [{name: x, context: {cluster: d, user: u}}]
            users: [{name: u, user: &u {token: t, self: *u}}]
            """
        );

        Assert.Equal(new Uri("https://b:2"), configuration.Server);
        Assert.True(configuration.InsecureSkipTlsVerify);
    }

    [Fact]
    public void A_context_without_a_name_is_the_one_that_is_meant_where_none_is_chosen()
    {
        var configuration = Load(
            """
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:7101", insecure-skip-tls-verify: true}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{context: {cluster: c, user: u}}]
            """
        );

        Assert.Equal(("", "c", "u"), (configuration.Context, configuration.Cluster, configuration.User));
    }

    [Fact]
    public void Two_entries_of_one_name_in_a_file_are_refused() =>
        Refuses(
            "users has two entries named \"u\"",
            "users: [{name: u, user: {token: a}}, {name: u, user: {token: b}}]\nclusters: []\ncontexts: []"
        );

    [Fact]
    public async Task Whom_to_impersonate_goes_out_whole()
    {
        var server = new HeaderServer();
        await using var _ = server;
        var configuration = Load(
            $$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "{{server.Url}}"} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users:
            - name: u
              user: {token: t, as: ann, as-groups: [g1, g2], as-uid: "4711", as-user-extra: {example.com/scopes: [a, b], team: [x]} }
            """
        );
        await using var client = new KubernetesClient(configuration);
        await client.GetBytesAsync("/version", ct: TestContext.Current.CancellationToken);

        Assert.Contains("Impersonate-User: ann", server.Headers);
        Assert.Contains("Impersonate-Uid: 4711", server.Headers);
        Assert.Contains(
            server.Headers,
            header => header.StartsWith("Impersonate-Extra-example.com%2Fscopes: a", StringComparison.OrdinalIgnoreCase)
        );
        Assert.Contains(server.Headers, header => header.StartsWith("Impersonate-Extra-team: x", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("as-uid: '1'")]
    [InlineData("as-groups: [g]")]
    [InlineData("as-user-extra: {a: [b]}")]
    public void Impersonating_parts_of_nobody_is_refused(string members) =>
        Refuses("without a user: add as", Config($"token: t, {members}"));

    [Fact]
    public void A_token_over_two_lines_is_refused_in_one_sentence() => Refuses("the token of user \"u\"", Config("token: \"one\\ntwo\""));

    private static string Config(string user) =>
        $$"""
            current-context: x
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users: [{name: u, user: { {{user}} } }]
            """;

    private void Refuses(string expected, string text) =>
        Assert.Contains(expected, Assert.Throws<KubeconfigException>(() => Load(text)).Message, StringComparison.Ordinal);

    private ClusterConfiguration Load(string text)
    {
        var path = Path.Combine(_directory, "config");
        File.WriteAllText(path, $"apiVersion: v1\nkind: Config\n{text}\n");
        return KubeconfigLoader.Load(path);
    }
}
