using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Vigia.Kubernetes.Tests.Transport;

/// <summary>
/// TLS as Go's clients do it, against servers whose certificates are made here: names, trust anchors, client
/// certificate chains.
/// </summary>
public sealed class TlsTests : IDisposable
{
    private static readonly CertificateFamily Family = new();

    private readonly string _directory = Directory.CreateTempSubdirectory("vigia-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_name_that_the_kubeconfig_gives_is_sent_and_the_certificate_must_be_for_it()
    {
        await using var server = new TlsServer(Family.Server, [Family.Intermediate]);

        Assert.Null(await AskAsync(server, "certificate-authority: root.crt", "tls-server-name: api.real.example"));
        Assert.Equal("api.real.example", server.ServerName);
        Assert.Contains(
            "is valid for api.real.example, not for the requested name",
            await AskAsync(server, "certificate-authority: root.crt", "tls-server-name: wrong.example"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is valid for api.real.example",
            await AskAsync(server, "certificate-authority: root.crt"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_certificate_that_is_right_for_the_address_is_refused_where_another_name_is_asked_for()
    {
        await using var server = new TlsServer(Family.Local, [Family.Intermediate]);

        Assert.Null(await AskAsync(server, "certificate-authority: root.crt"));
        Assert.Contains(
            "is valid for 127.0.0.1, not for the requested name",
            await AskAsync(server, "certificate-authority: root.crt", "tls-server-name: wrong.example"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("root.crt", true)]
    [InlineData("intermediate.crt", true)]
    [InlineData("intermediate.crt", false)]
    [InlineData("local.crt", true)]
    [InlineData("local.crt", false)]
    [InlineData("bundle.crt", true)]
    public async Task Any_certificate_of_the_authority_file_is_an_anchor(string authority, bool sendsIntermediate)
    {
        await using var server = new TlsServer(Family.Local, sendsIntermediate ? [Family.Intermediate] : []);

        Assert.Null(await AskAsync(server, $"certificate-authority: {authority}"));
    }

    [Theory]
    [InlineData("stranger.crt", true)]
    [InlineData("root.crt", false)]
    public async Task A_chain_that_leads_to_no_anchor_is_refused_with_the_certificates_that_would_have_done(
        string authority,
        bool sendsIntermediate
    )
    {
        await using var server = new TlsServer(Family.Local, sendsIntermediate ? [Family.Intermediate] : []);
        var refused = await AskAsync(server, $"certificate-authority: {authority}");

        Assert.Contains("the certificate 'CN=local'", refused, StringComparison.Ordinal);
        Assert.Contains(authority == "stranger.crt" ? "it has 'CN=stranger'" : "it has 'CN=root'", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_has_expired_is_refused_also_where_it_is_an_anchor()
    {
        var expired = CertificateFamily.Make(
            "CN=expired",
            null,
            isAuthority: false,
            ["127.0.0.1"],
            TimeProvider.System.GetUtcNow().AddDays(-1)
        );
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "expired.crt"),
            expired.ExportCertificatePem(),
            TestContext.Current.CancellationToken
        );
        await using var server = new TlsServer(expired, []);

        Assert.Contains("'CN=expired'", await AskAsync(server, "certificate-authority: expired.crt"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_certificate_is_sent_with_what_leads_to_its_authority(bool inFile)
    {
        await using var server = new TlsServer(Family.Local, [Family.Intermediate], clientRoot: Family.Root);
        var chain = $"{Family.Client.ExportCertificatePem()}\n{Family.Intermediate.ExportCertificatePem()}\n";
        var key = Family.Client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        await File.WriteAllTextAsync(Path.Combine(_directory, "client.crt"), chain, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_directory, "client.key"), key, TestContext.Current.CancellationToken);
        var user = inFile
            ? "client-certificate: client.crt, client-key: client.key"
            : $"client-certificate-data: {Base64(chain)}, client-key-data: {Base64(key)}";

        Assert.Null(await AskAsync(server, "certificate-authority: root.crt", user: user));
        Assert.Equal("CN=client", server.ClientSubject);
    }

    [Fact]
    public async Task Where_the_server_refuses_the_client_certificate_the_message_names_it()
    {
        await using var server = new TlsServer(Family.Local, [Family.Intermediate], clientRoot: Family.Stranger);
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "client.crt"),
            Family.Client.ExportCertificatePem(),
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            Path.Combine(_directory, "client.key"),
            Family.Client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            TestContext.Current.CancellationToken
        );

        Assert.Contains(
            "client certificate 'CN=client'",
            await AskAsync(server, "certificate-authority: root.crt", user: "client-certificate: client.crt, client-key: client.key"),
            StringComparison.Ordinal
        );
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Asks for the version by a kubeconfig; null where that works, else the message.</summary>
    private async Task<string?> AskAsync(TlsServer server, string authority, string name = "", string user = "token: t")
    {
        foreach (
            var (file, certificate) in new[]
            {
                ("root", Family.Root),
                ("intermediate", Family.Intermediate),
                ("local", Family.Local),
                ("stranger", Family.Stranger),
            }
        )
        {
            await File.WriteAllTextAsync(
                Path.Combine(_directory, $"{file}.crt"),
                certificate.ExportCertificatePem(),
                TestContext.Current.CancellationToken
            );
        }

        await File.WriteAllTextAsync(
            Path.Combine(_directory, "bundle.crt"),
            Family.Stranger.ExportCertificatePem() + "\n" + Family.Root.ExportCertificatePem(),
            TestContext.Current.CancellationToken
        );
        var path = Path.Combine(_directory, "config");
        await File.WriteAllTextAsync(
            path,
            $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u} } ]
            clusters: [{name: c, cluster: {server: "{{server.Url}}", {{authority}}{{(name.Length > 0 ? ", " + name : "")}} } } ]
            users: [{name: u, user: { {{user}} } } ]
            """,
            TestContext.Current.CancellationToken
        );
        await using var client = new KubernetesClient(KubeconfigLoader.Load(path));
        try
        {
            Assert.Contains(
                "v1.32.0",
                Encoding.UTF8.GetString(await client.GetBytesAsync("/version", ct: TestContext.Current.CancellationToken)),
                StringComparison.Ordinal
            );
            return null;
        }
        catch (KubernetesConnectionException refused)
        {
            return refused.Message;
        }
    }
}
