using System.Security.Cryptography.X509Certificates;

namespace Vigia.Kubernetes;

/// <summary>One resolved context of a kubeconfig: server, trust, and user. Immutable.</summary>
public sealed record ClusterConfiguration
{
    /// <summary>The context's name: what rows, cursors and messages call the cluster.</summary>
    public required string Context { get; init; }

    /// <summary>The name of the cluster entry.</summary>
    public required string Cluster { get; init; }

    /// <summary>The name of the user entry; null for none.</summary>
    public string? User { get; init; }

    /// <summary>The context's default namespace; null for none.</summary>
    public string? Namespace { get; init; }

    /// <summary>The API server.</summary>
    public required Uri Server { get; init; }

    /// <summary>The file of the context; null in-cluster.</summary>
    public string? SourceFile { get; init; }

    /// <summary><c>insecure-skip-tls-verify</c>.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary><c>tls-server-name</c>: the name the certificate must have; null for the server's host.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The authorities to trust instead of the machine's; null for the machine's.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary><c>proxy-url</c>; null for the proxy of the environment.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary><c>disable-compression</c>.</summary>
    public bool DisableCompression { get; init; }

    /// <summary>As whom.</summary>
    public required ICredentialSource Credentials { get; init; }

    /// <summary><c>as</c>: the user to impersonate; null for none.</summary>
    public string? ImpersonateUser { get; init; }

    /// <summary><c>as-groups</c>.</summary>
    public IReadOnlyList<string> ImpersonateGroups { get; init; } = [];

    /// <summary><c>as-uid</c>; null for none.</summary>
    public string? ImpersonateUid { get; init; }

    /// <summary><c>as-user-extra</c>: further properties of the user to impersonate, each with its values.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ImpersonateExtra { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Equal for equal endpoints: server, its name in certificates, and proxy. If it changes, the context is treated as
    /// another cluster.
    /// </summary>
    public string PlaceFingerprint { get; init; } = "";

    /// <summary>
    /// Equal for equal trust: the authorities, from data or file, and whether certificates are checked at all. If only
    /// this changes, it may be the same cluster with another certificate, or another cluster in its place.
    /// </summary>
    public string TrustFingerprint { get; init; } = "";

    /// <summary>
    /// The files that the context's entries refer to (authorities, client certificate and key; token files are re-read
    /// by themselves): check them, with the kubeconfig, to detect a change.
    /// </summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>
    /// Equal for equal identities: the user's entry and the files it names (but token files, which are re-read by
    /// themselves).
    /// </summary>
    public string IdentityFingerprint { get; init; } = "";
}
