using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Vigia.Kubernetes.Transport;

/// <summary>
/// Decides whether a server's certificate is trusted, by the rules of Go's <c>crypto/x509</c> with a pool of its own.
/// </summary>
/// <remarks>
/// Any certificate of the pool is an anchor, also an intermediate one or the server's own: the chain is followed up to
/// the first of them, and certificates above it are ignored. The machine's own authorities do not count. Messages name
/// the certificate and the reason.
/// </remarks>
internal static class ServerTrust
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>True for a trusted certificate.</summary>
    /// <exception cref="AuthenticationException">It is not trusted; the message says why.</exception>
    public static bool Verify(
        X509Certificate? certificate,
        X509Chain? presented,
        SslPolicyErrors errors,
        X509Certificate2Collection anchors
    )
    {
        // The reason travels as the message of the exception; "rejected by the callback" would not contain it.
        if (certificate is not X509Certificate2 server)
        {
            throw new AuthenticationException("the server sent no certificate");
        }

        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            throw new AuthenticationException($"{Called(server)} is valid for {Names(server)}, not for the requested name");
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(anchors);
        if (presented is not null)
        {
            foreach (var element in presented.ChainElements)
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        }

        chain.Build(server);
        foreach (var element in chain.ChainElements)
        {
            var faults = element
                .ChainElementStatus.Where(status =>
                    status.Status
                        is not (X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.NoError)
                )
                .Select(status => status.StatusInformation.Trim().TrimEnd('.'))
                .Distinct()
                .ToArray();
            if (faults.Length > 0)
            {
                throw new AuthenticationException($"{Called(element.Certificate)}: {string.Join("; ", faults)}");
            }

            if (anchors.Any(anchor => anchor.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)))
            {
                return true;
            }
        }

        throw new AuthenticationException(
            $"{Called(server)} was issued by '{chain.ChainElements[^1].Certificate.Issuer}', which the "
                + "certificate-authority does not trust (it has "
                + $"{string.Join(", ", anchors.Select(anchor => $"'{anchor.Subject}'"))})"
        );
    }

    private static string Called(X509Certificate2 certificate) =>
        $"the certificate '{certificate.Subject}' (valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd})";

    /// <summary>The names and addresses in a certificate, for messages.</summary>
    private static string Names(X509Certificate2 certificate)
    {
        if (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is not { } names)
        {
            return "no name (it has no subjectAltName)";
        }

        var all = names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())).ToArray();
        return all.Length == 0 ? "no name" : string.Join(", ", all);
    }
}
