using System.Security.Cryptography.X509Certificates;
using Vigia.Kubernetes;

namespace Vigia.Simulator;

// How clients get at it: address, kubeconfig, a ready client.
public sealed partial class VigiaSimulator
{
    private readonly Lock _clientGate = new();
    private KubernetesClient? _client;
    private string? _kubeconfigPath;

    /// <summary>The base address, as <c>http://127.0.0.1:40123</c>.</summary>
    public string Url => $"{(_options.Tls ? "https" : "http")}://127.0.0.1:{Port}";

    /// <summary>
    /// A client of the simulator with all rights, over the socket like any other: faults apply to it. Created on first
    /// use, disposed of with the simulator.
    /// </summary>
    public KubernetesClient Client
    {
        get
        {
            lock (_clientGate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return _client ??= new KubernetesClient(Configuration(), time: _options.Time);
            }
        }
    }

    /// <summary>
    /// A kubeconfig on disk, for kubectl or a client in any language. Written on first use, deleted with the simulator.
    /// </summary>
    public string KubeconfigPath
    {
        get
        {
            lock (_clientGate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_kubeconfigPath is null)
                {
                    _kubeconfigPath = PrivateFile.WriteNew(Path.GetTempPath(), $"vigia-simulator-{Port}-", ".kubeconfig", Kubeconfig());
                }

                return _kubeconfigPath;
            }
        }
    }

    /// <summary>The configuration of a Vigia client.</summary>
    /// <param name="user">One of <see cref="Access"/> with a token; null for one with all rights.</param>
    /// <exception cref="ArgumentException">The user does not exist, or has no token.</exception>
    public ClusterConfiguration Configuration(string? user = null)
    {
        var known = user is null ? Access.ByName("admin") : Access.ByName(user);
        if (user is not null && known?.Token is null)
        {
            var users = Access.Users.Where(u => u.Token is not null).Select(u => u.Name).Order(StringComparer.Ordinal);
            throw new ArgumentException(
                $"the simulator has no user \"{user}\" with a token; it has {string.Join(", ", users)}",
                nameof(user)
            );
        }

        return new ClusterConfiguration
        {
            Context = "simulator",
            Cluster = "simulator",
            User = known?.Name,
            Server = new Uri(Url),
            CertificateAuthorities = _certificate is null
                ? null
                : new X509Certificate2Collection(X509CertificateLoader.LoadCertificate(_certificate.RawData)),
            Credentials = known?.Token is { } token ? new StaticCredential(new Credential("Bearer " + token, null)) : StaticCredential.None,
        };
    }

    /// <summary>
    /// Writes a kubeconfig with one context per user: <c>simulator</c> (no credentials; with TLS those of
    /// <c>admin</c>), and one named after each user that has a token.
    /// </summary>
    public async Task WriteKubeconfigAsync(string path, string context = "simulator", CancellationToken cancellationToken = default) =>
        await PrivateFile.WriteAsync(path, Kubeconfig(context), cancellationToken);

    /// <summary>The kubeconfig as text; see <see cref="WriteKubeconfigAsync"/>.</summary>
    public string Kubeconfig(string context = "simulator")
    {
        var authority = _certificate is null
            ? ""
            : $"\n    certificate-authority-data: "
                + $"{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()))}";
        var users = Access.Users.Where(u => u.Token is not null).OrderBy(u => u.Name, StringComparer.Ordinal).ToList();

        // kubectl prompts for a name and a password if a TLS server has no credentials; over plain http it sends none.
        var ordinary = _certificate is not null && users.Exists(u => u.Name == "admin") ? "admin" : "anonymous";
        var contexts = string.Concat(users.Select(u => $"- name: {u.Name}\n  context:\n    cluster: simulator\n    user: {u.Name}\n"));
        var credentials = string.Concat(users.Select(u => $"- name: {u.Name}\n  user:\n    token: {u.Token}\n"));
        return $"""
            apiVersion: v1
            kind: Config
            current-context: {context}
            clusters:
            - name: simulator
              cluster:
                server: {Url}{authority}
            contexts:
            - name: simulator
              context:
                cluster: simulator
                user: {ordinary}
            {contexts}users:
            - name: anonymous
              user: {"{}"}
            {credentials}
            """;
    }

    private async ValueTask DisposeClientsAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_kubeconfigPath is not null)
        {
            File.Delete(_kubeconfigPath);
        }
    }
}
