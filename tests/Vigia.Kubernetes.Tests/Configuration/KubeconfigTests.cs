using System.Text;
using Vigia.Testing;

namespace Vigia.Kubernetes.Tests.Configuration;

public sealed class KubeconfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vigia-kubeconfig");
    private readonly Dictionary<string, string> _variables = [];
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_context_is_resolved_with_its_cluster_and_user()
    {
        var file = Write("config", Config());

        var cluster = Load(file);

        Assert.Equal(
            ("dev", "c1", "u1", "team", "https://127.0.0.1:6443/"),
            (cluster.Context, cluster.Cluster, cluster.User, cluster.Namespace, cluster.Server.ToString())
        );
        Assert.True(cluster.InsecureSkipTlsVerify);
        Assert.Equal("Bearer secret", (await cluster.Credentials.GetAsync(false, default)).AuthorizationHeader);
        Assert.Equal(file, cluster.SourceFile);
    }

    [Fact]
    public async Task Files_of_the_variable_are_merged_and_the_first_that_has_a_name_wins()
    {
        var first = Write("a", "apiVersion: v1\nkind: Config\nusers:\n- name: u1\n  user: {token: first}\n");
        var second = Write("b", Config());
        _variables["KUBECONFIG"] = string.Join(Path.PathSeparator, first, Path.Combine(_folder.FullName, "missing"), second);

        Assert.Equal("Bearer first", (await Load(null).Credentials.GetAsync(false, default)).AuthorizationHeader);
        Assert.Equal(["dev", "prod"], KubeconfigLoader.Contexts(null, Environment()));
    }

    [Fact]
    public void The_flag_wins_over_the_variable_and_the_variable_over_the_home_directory()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, ".kube"));
        Write(Path.Combine(".kube", "config"), Config().Replace("current-context: dev", "current-context: prod", StringComparison.Ordinal));
        Assert.Equal("prod", Load(null).Context);

        _variables["KUBECONFIG"] = Write("variable", Config());
        Assert.Equal("dev", Load(null).Context);
        Assert.Equal("prod", Load(null, "prod").Context);
    }

    [Fact]
    public async Task In_a_pod_the_service_account_is_used_and_its_token_read_again()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "token"), "one\n");
        File.WriteAllText(Path.Combine(_folder.FullName, "namespace"), "jobs");
        (_variables["KUBERNETES_SERVICE_HOST"], _variables["KUBERNETES_SERVICE_PORT"]) = ("10.0.0.1", "443");
        var cluster = Load(null);
        Assert.Equal(("in-cluster", "jobs", "https://10.0.0.1/"), (cluster.Context, cluster.Namespace, cluster.Server.ToString()));
        Assert.Equal("Bearer one", (await cluster.Credentials.GetAsync(false, default)).AuthorizationHeader);

        File.WriteAllText(Path.Combine(_folder.FullName, "token"), "two");
        Assert.Equal("Bearer one", (await cluster.Credentials.GetAsync(false, default)).AuthorizationHeader);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Bearer two", (await cluster.Credentials.GetAsync(false, default)).AuthorizationHeader);
        File.WriteAllText(Path.Combine(_folder.FullName, "token"), "three");
        Assert.Equal("Bearer three", (await cluster.Credentials.GetAsync(refresh: true, default)).AuthorizationHeader);
    }

    [Fact]
    public async Task Basic_credentials_and_paths_relative_to_the_file_are_understood()
    {
        var file = Write("config", Config().Replace("{token: secret}", "{username: ann, password: pa:ss}", StringComparison.Ordinal));
        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ann:pa:ss")),
            (await Load(file).Credentials.GetAsync(false, default)).AuthorizationHeader
        );

        File.WriteAllText(Path.Combine(_folder.FullName, "tok"), "relative");
        file = Write("config", Config().Replace("{token: secret}", "{tokenFile: ./tok}", StringComparison.Ordinal));
        Assert.Equal("Bearer relative", (await Load(file).Credentials.GetAsync(false, default)).AuthorizationHeader);
    }

    [Theory]
    [InlineData("current-context: dev", "current-context: nope", "has no context \"nope\"; it has dev, prod")]
    [InlineData("current-context: dev", "", "has no current-context; choose one with --context: dev, prod")]
    [InlineData("cluster: c1, user: u1", "cluster: c9, user: u1", "refers to the cluster \"c9\", which does not exist there")]
    [InlineData("cluster: c1, user: u1", "cluster: c1, user: u9", "refers to the user \"u9\", which does not exist there")]
    [InlineData("server: \"https://127.0.0.1:6443\", insecure", "insecure", "cluster \"c1\"")]
    [InlineData("https://127.0.0.1:6443", "ftp://x", "is 'ftp://x', which is not a URL")]
    [InlineData("insecure-skip-tls-verify: true", "certificate-authority-data: '***'", "certificate-authority-data of \"c1\"")]
    [InlineData("insecure-skip-tls-verify: true", "certificate-authority: /missing/ca", "is /missing/ca, which cannot be read")]
    [InlineData("insecure-skip-tls-verify: true", "certificate-authority-data: aGVsbG8=", "contains no PEM certificate")]
    [InlineData("{token: secret}", "{auth-provider: {name: gcp}}", "uses the auth-provider \"gcp\"")]
    [InlineData("{token: secret}", "{client-certificate-data: aGVsbG8=}", "a client-certificate without a client-key")]
    [InlineData("{token: secret}", "{exec: {command: x}}", "has the apiVersion ''")]
    [InlineData("kind: Config", "kind: [", "is not valid YAML at line")]
    public void Each_fault_is_one_sentence_that_names_the_file(string part, string replacement, string expected)
    {
        var file = Write("config", Config().Replace(part, replacement, StringComparison.Ordinal));

        var error = Assert.Throws<KubeconfigException>(() => Load(file));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Missing_files_and_no_kubeconfig_at_all_say_what_was_looked_for()
    {
        Assert.Contains(
            "/nowhere/config does not exist",
            Assert.Throws<KubeconfigException>(() => Load("/nowhere/config")).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "neither --kubeconfig nor $KUBECONFIG is set",
            Assert.Throws<KubeconfigException>(() => Load(null)).Message,
            StringComparison.Ordinal
        );
        _variables["KUBECONFIG"] = "/nowhere/else";
        Assert.Contains(
            "$KUBECONFIG names /nowhere/else, which does not exist",
            Assert.Throws<KubeconfigException>(() => Load(null)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is not a kubeconfig",
            Assert.Throws<KubeconfigException>(() => Load(Write("list", "- a\n- b\n"))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_exec_plugin_is_run_once_until_its_credential_expires_or_is_refused()
    {
        var expires = _clock.GetUtcNow().AddMinutes(10).ToString("O");
        var script = Script(
            $$"""
            echo x >> {{_folder.FullName}}/runs
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
            "status":{"token":"'$PREFIX-$(wc -l < {{_folder.FullName}}/runs | tr -d ' ')'","expirationTimestamp":"{{expires}}"} }'
            """
        );
        var file = Write(
            "config",
            Config()
                .Replace(
                    "{token: secret}",
                    $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./{script}, env: [{{name: PREFIX, value: p}}]}}}}",
                    StringComparison.Ordinal
                )
        );
        var credentials = Load(file).Credentials;

        Assert.Equal("Bearer p-1", (await credentials.GetAsync(false, default)).AuthorizationHeader);
        Assert.Equal("Bearer p-1", (await credentials.GetAsync(false, default)).AuthorizationHeader);
        _clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("Bearer p-2", (await credentials.GetAsync(false, default)).AuthorizationHeader);
        Assert.Equal("Bearer p-3", (await credentials.GetAsync(refresh: true, default)).AuthorizationHeader);
    }

    [Theory]
    [InlineData("echo 'no account' >&2; exit 3", "ended with exit code 3: no account")]
    [InlineData("echo hello", "answered with something other than an ExecCredential")]
    [InlineData(
        "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'",
        "answered with neither a token nor a client certificate"
    )]
    public async Task A_failing_exec_plugin_says_which_and_how(string body, string expected)
    {
        var file = Write(
            "config",
            Config()
                .Replace(
                    "{token: secret}",
                    $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./{Script(body)}}}}}",
                    StringComparison.Ordinal
                )
        );

        var error = await Assert.ThrowsAsync<CredentialException>(async () => await Load(file).Credentials.GetAsync(false, default));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("of user \"u1\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_exec_plugin_shows_its_install_hint()
    {
        var file = Write(
            "config",
            Config()
                .Replace(
                    "{token: secret}",
                    "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: get it from the intranet}}",
                    StringComparison.Ordinal
                )
        );

        var error = await Assert.ThrowsAsync<CredentialException>(async () => await Load(file).Credentials.GetAsync(false, default));

        Assert.Contains("could not be started", error.Message, StringComparison.Ordinal);
        Assert.Contains("get it from the intranet", error.Message, StringComparison.Ordinal);
    }

    private static string Config() =>
        """
            apiVersion: v1
            kind: Config
            clusters:
            - name: c1
              cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}
            users:
            - name: u1
              user: {token: secret}
            contexts:
            - name: dev
              context: {cluster: c1, user: u1, namespace: team}
            - name: prod
              context: {cluster: c1, user: u1}
            current-context: dev
            """;

    private ClusterConfiguration Load(string? file, string? context = null) => KubeconfigLoader.Load(file, context, Environment());

    private KubeconfigEnvironment Environment() =>
        new()
        {
            Variable = _variables.GetValueOrDefault,
            Home = _folder.FullName,
            ServiceAccountDirectory = _folder.FullName,
            Time = _clock,
        };

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Interoperability",
        "CA1416",
        Justification = "Shell scripts: run where there is a shell."
    )]
    private string Script(string body)
    {
        const string name = "plugin.sh";
        var path = Write(name, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return name;
    }
}
