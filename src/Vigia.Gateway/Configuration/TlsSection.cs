using Vigia.Gateway.Hosting;

namespace Vigia.Gateway.Configuration;

/// <summary><c>tls</c>: certificate and key.</summary>
internal static class TlsSection
{
    public static TlsOptions? Read(SectionReader section)
    {
        var certificate = section.File(
            "certificate",
            "The certificate chain in PEM, the server's own certificate first. With it the gateway speaks https and HTTP/2. "
                + "It is read again when it changes."
        );
        var key = section.File("key", "Its key in PEM, unencrypted.");
        var look = section.Duration(
            "look",
            TimeSpan.FromSeconds(5),
            TimeSpan.FromMilliseconds(50),
            TimeSpan.FromHours(1),
            "How often the files are checked for changes."
        );
        section.Finish();
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            section.Fault(certificate is null ? "key" : "certificate", "certificate and key must be set together");
            return null;
        }

        return new TlsOptions
        {
            CertificateFile = certificate,
            KeyFile = key,
            Look = look,
        };
    }
}
