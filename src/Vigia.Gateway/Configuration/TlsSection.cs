using Vigia.Gateway.Hosting;

namespace Vigia.Gateway.Configuration;

/// <summary><c>tls</c>: certificate and key.</summary>
internal static class TlsSection
{
    public static TlsOptions? Read(SectionReader section)
    {
        var certificate = section.File(
            "certificate",
            "The certificate in PEM, the server's own first; read again when it changes. With it the gateway speaks https and HTTP/2."
        );
        var key = section.File("key", "Its key in PEM, not encrypted.");
        var look = section.Duration(
            "look",
            TimeSpan.FromSeconds(5),
            TimeSpan.FromMilliseconds(50),
            TimeSpan.FromHours(1),
            "How often the files are looked at for a change."
        );
        section.Finish();
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            section.Fault(certificate is null ? "key" : "certificate", "a certificate and its key belong together: give both");
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
