using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Vigia.Kubernetes.Tests.Transport;

/// <summary>Certificates of a root, an intermediate authority and leaves below it, made for one test.</summary>
internal sealed class CertificateFamily
{
    public CertificateFamily()
    {
        Root = Make("CN=root", null, isAuthority: true);
        Intermediate = Make("CN=intermediate", Root, isAuthority: true);
        Server = Make("CN=server", Intermediate, names: ["api.real.example"]);
        Local = Make("CN=local", Intermediate, names: ["127.0.0.1"]);
        Client = Make("CN=client", Intermediate);
        Stranger = Make("CN=stranger", null, isAuthority: true);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>For api.real.example.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>For 127.0.0.1.</summary>
    public X509Certificate2 Local { get; }

    public X509Certificate2 Client { get; }

    public X509Certificate2 Stranger { get; }

    public static X509Certificate2 Make(
        string subject,
        X509Certificate2? issuer,
        bool isAuthority = false,
        string[]? names = null,
        DateTimeOffset? until = null
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (!isAuthority)
        {
            request.CertificateExtensions.Add(
                new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false)
            );
        }

        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names ?? [])
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        if (names is not null)
        {
            request.CertificateExtensions.Add(alternatives.Build());
        }

        var from = TimeProvider.System.GetUtcNow().AddDays(-2);
        var end = until ?? (issuer is null ? TimeProvider.System.GetUtcNow().AddDays(9) : issuer.NotAfter.AddDays(-1));
        using var made = issuer is null
            ? request.CreateSelfSigned(from, end)
            : request.Create(issuer, from, end, RandomNumberGenerator.GetBytes(8));
        using var whole = issuer is null ? null : made.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12((whole ?? made).Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}

/// <summary>A TLS server that answers every request with a version, and remembers what clients showed it.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SslServerAuthenticationOptions _options;
    private readonly Task _loop;

    public TlsServer(X509Certificate2 certificate, X509Certificate2[] chain, X509Certificate2? clientRoot = null)
    {
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [.. chain], offline: true),
            ClientCertificateRequired = clientRoot is not null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, shown, presented, _) =>
                clientRoot is null || IsKnown(shown as X509Certificate2, presented, clientRoot),
        };
        _listener.Start();
        _loop = RunAsync();
    }

    public Uri Url => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The name that the last client asked for.</summary>
    public string? ServerName { get; private set; }

    /// <summary>The subject of the certificate that the last client showed.</summary>
    public string? ClientSubject { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _loop;
        _stopping.Dispose();
    }

    /// <summary>The server knows the root alone: what lies between must come from the client.</summary>
    private static bool IsKnown(X509Certificate2? shown, X509Chain? presented, X509Certificate2 root)
    {
        if (shown is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(presented!.ChainPolicy.ExtraStore);
        return chain.Build(shown);
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                try
                {
                    await AnswerAsync(client);
                }
                catch (Exception error) when (error is IOException or AuthenticationException)
                {
                    // The client did not trust this server, or the server the client: that is what tests look for.
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsServerAsync(_options, _stopping.Token);
        (ServerName, ClientSubject) = (stream.TargetHostName, stream.RemoteCertificate?.Subject);
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync(_stopping.Token) is { Length: > 0 }) { }

        const string body = """{"gitVersion":"v1.32.0"}""";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"
            ),
            _stopping.Token
        );
        await stream.ShutdownAsync();
    }
}
