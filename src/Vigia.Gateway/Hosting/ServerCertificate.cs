using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Vigia.Gateway.Hosting;

/// <summary>The certificate that a gateway shows, from files that may change while it runs.</summary>
/// <remarks>
/// <b>Guarantees.</b> Handshakes use the newest pair of certificate and key that belong together; an invalid pair (one
/// file written and the other not yet, a broken one) changes nothing, and is logged and reported. The content is
/// compared: mounted secrets change behind a symbolic link. Thread-safe; dispose of it after the server.
/// </remarks>
internal sealed partial class ServerCertificate : IAsyncDisposable
{
    private static readonly TimeSpan SoonExpired = TimeSpan.FromDays(7);
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private volatile Loaded _loaded;
    private Loaded? _before;
    private ITimer? _timer;
    private string? _tried;

    private ServerCertificate(TlsOptions options, Loaded loaded, TimeProvider time, ILogger logger) =>
        (_options, _loaded, _time, _logger) = (options, loaded, time, logger);

    /// <summary>Why the current files are not used; null if they are.</summary>
    public string? Problem { get; private set; }

    /// <summary>When the certificate that is shown ends.</summary>
    public DateTimeOffset NotAfter => _loaded.Leaf.NotAfter;

    /// <summary>The subject of the certificate that is shown.</summary>
    public string Subject => _loaded.Leaf.Subject;

    /// <summary>How often another certificate was taken.</summary>
    public int Reloads { get; private set; }

    /// <summary>Reads the files.</summary>
    /// <exception cref="TlsException">They cannot be used.</exception>
    public static ServerCertificate Open(TlsOptions options, TimeProvider time, ILogger logger)
    {
        var (certificate, key) = Read(options);
        var opened = new ServerCertificate(options, Load(options, certificate, key), time, logger);
        opened.WarnOfEnd();
        return opened;
    }

    /// <summary>Starts to check the files.</summary>
    public void Start() => _timer ??= _time.CreateTimer(_ => Reload(), null, _options.Look, _options.Look);

    /// <summary>The certificate for a new handshake.</summary>
    public SslServerAuthenticationOptions Handshake() =>
        new()
        {
            ServerCertificateContext = _loaded.Context,
            ApplicationProtocols = Protocols,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
        };

    /// <summary>Loads the files if they changed and are valid; called by a timer.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            try
            {
                var (certificate, key) = Read(_options);
                var digest = Digest(certificate, key);
                if (digest == _loaded.Digest)
                {
                    (Problem, _tried) = (null, null);
                    return;
                }

                if (digest == _tried)
                {
                    return;
                }

                _tried = digest;
                var next = Load(_options, certificate, key);

                // Handshakes under way hold the one before: it goes with the next change, not now.
                _before?.Dispose();
                (_before, _loaded) = (_loaded, next);
                (Problem, _tried) = (null, null);
                Reloads++;
                LogTaken(next.Leaf.Subject, _options.CertificateFile, next.Leaf.NotAfter.ToUniversalTime());
                WarnOfEnd();
            }
            catch (TlsException wrong)
            {
                if (Problem != wrong.Message)
                {
                    Problem = wrong.Message;
                    LogKept(wrong.Message, _loaded.Leaf.NotAfter.ToUniversalTime());
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is { } timer)
        {
            await timer.DisposeAsync();
        }

        lock (_gate)
        {
            _before?.Dispose();
            _before = null;
            _loaded.Dispose();
        }
    }

    private static (string Certificate, string Key) Read(TlsOptions options)
    {
        try
        {
            return (File.ReadAllText(options.CertificateFile), File.ReadAllText(options.KeyFile));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"the TLS files cannot be read: {error.Message}", error);
        }
    }

    private static Loaded Load(TlsOptions options, string certificate, string key)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificate);
            if (chain.Count == 0)
            {
                throw new TlsException(
                    $"{options.CertificateFile} contains no certificate; it should begin with -----BEGIN CERTIFICATE-----"
                );
            }

            var leaf = X509Certificate2.CreateFromPem(certificate, key);
            chain.RemoveAt(0);
            return new Loaded(leaf, chain, SslStreamCertificateContext.Create(leaf, chain, offline: true), Digest(certificate, key));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new TlsException(
                $"{options.CertificateFile} and {options.KeyFile} cannot be used together: {error.Message} Both must "
                    + "be PEM; the key must be unencrypted and belong to the first certificate",
                error
            );
        }
    }

    private static string Digest(string certificate, string key) =>
        Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{certificate}\0{key}")));

    private void WarnOfEnd()
    {
        var end = NotAfter;
        if (end - _time.GetUtcNow() < SoonExpired)
        {
            LogEndsSoon(_options.CertificateFile, end.ToUniversalTime());
        }
    }

    [LoggerMessage(3064, LogLevel.Information, "New connections use the certificate {Subject} of {File}, valid until {NotAfter}")]
    private partial void LogTaken(string subject, string file, DateTimeOffset notAfter);

    [LoggerMessage(3065, LogLevel.Error, "TLS certificate not reloaded; the previous one stays in use, valid until {NotAfter}: {Reason}")]
    private partial void LogKept(string reason, DateTimeOffset notAfter);

    [LoggerMessage(3066, LogLevel.Warning, "The certificate in {File} expires at {NotAfter}")]
    private partial void LogEndsSoon(string file, DateTimeOffset notAfter);

    private sealed record Loaded(
        X509Certificate2 Leaf,
        X509Certificate2Collection Chain,
        SslStreamCertificateContext Context,
        string Digest
    ) : IDisposable
    {
        public void Dispose()
        {
            Leaf.Dispose();
            foreach (var other in Chain)
            {
                other.Dispose();
            }
        }
    }
}
