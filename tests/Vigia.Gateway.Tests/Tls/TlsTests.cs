using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Vigia.Gateway.Hosting;
using Vigia.Testing;

namespace Vigia.Gateway.Tests.Tls;

public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vigia-tls-").FullName;

    private TlsOptions Options =>
        new()
        {
            CertificateFile = Path.Combine(_folder, "tls.crt"),
            KeyFile = Path.Combine(_folder, "tls.key"),
            Look = TimeSpan.FromMilliseconds(50),
        };

    [Fact]
    public async Task A_rotated_certificate_is_served_without_a_restart_and_a_broken_one_is_not()
    {
        Write("first");
        await using var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("http://127.0.0.1:0"),
                Clusters = [],
                Tls = Options,
            },
            TestContext.Current.CancellationToken
        );
        Assert.Equal("https", gateway.Url.Scheme);
        Assert.Equal("CN=first", await SubjectAsync(gateway));

        await File.WriteAllTextAsync(
            Options.CertificateFile,
            "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n",
            TestContext.Current.CancellationToken
        );
        await Eventually.TrueAsync(() => gateway.Certificate!.Problem is not null, "the broken certificate is noticed");
        Assert.Contains("tls.crt", gateway.Certificate!.Problem, StringComparison.Ordinal);
        Assert.Equal("CN=first", await SubjectAsync(gateway));

        Write("second");
        await Eventually.TrueAsync(async () => await SubjectAsync(gateway) == "CN=second", "the rotated certificate is served");
        Assert.Null(gateway.Certificate!.Problem);
    }

    [Fact]
    public async Task With_tls_comes_http_2()
    {
        Write("one");
        await using var gateway = await GatewayServer.StartAsync(
            new GatewayOptions
            {
                Listen = new Uri("https://127.0.0.1:0"),
                Clusters = [],
                Tls = Options,
            },
            TestContext.Current.CancellationToken
        );
        using var http = Client(_ => { });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.Url, "healthz"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused_with_both_files_named()
    {
        Write("one");
        var (_, key) = Pair("two");
        File.WriteAllText(Options.KeyFile, key);

        var error = Assert.Throws<TlsException>(() => ServerCertificate.Open(Options, TimeProvider.System, NullLogger.Instance));
        Assert.Contains("tls.crt", error.Message, StringComparison.Ordinal);
        Assert.Contains("tls.key", error.Message, StringComparison.Ordinal);
        File.Delete(Options.KeyFile);
        Assert.Contains(
            "tls.key",
            Assert.Throws<TlsException>(() => ServerCertificate.Open(Options, TimeProvider.System, NullLogger.Instance)).Message,
            StringComparison.Ordinal
        );
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static HttpClient Client(Action<string> seen) =>
        new(
            new SocketsHttpHandler
            {
                SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => Seen(certificate!.Subject, seen) },
            }
        );

    private static bool Seen(string subject, Action<string> seen)
    {
        seen(subject);
        return true;
    }

    private static async Task<string> SubjectAsync(GatewayServer gateway)
    {
        var subject = "";
        using var http = Client(seen => subject = seen);
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(gateway.Url, "healthz"), TestContext.Current.CancellationToken));
        return subject;
    }

    private void Write(string name)
    {
        var (certificate, key) = Pair(name);
        File.WriteAllText(Options.CertificateFile, certificate);
        File.WriteAllText(Options.KeyFile, key);
    }

    private static (string Certificate, string Key) Pair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
