using System.Security.Cryptography.X509Certificates;

namespace Vigia.Kubernetes;

/// <summary>The credential sent to a server.</summary>
/// <param name="AuthorizationHeader">The whole header value, as <c>Bearer …</c>; null for none.</param>
/// <param name="ClientCertificate">With its private key; null for none.</param>
public sealed record Credential(string? AuthorizationHeader, X509Certificate2? ClientCertificate)
{
    /// <summary>
    /// The certificates that lead from <see cref="ClientCertificate"/> to an authority; they are sent with it.
    /// </summary>
    public IReadOnlyList<X509Certificate2> ClientCertificateChain { get; init; } = [];

    /// <summary>Nothing: an anonymous request.</summary>
    public static Credential None { get; } = new(null, null);

    /// <summary>Without the secret.</summary>
    public override string ToString() =>
        $"{AuthorizationHeader?.Split(' ')[0] ?? "no header"}, "
        + $"{(ClientCertificate is null ? "no certificate" : ClientCertificate.Subject)}";
}
