using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Vigia.Kubernetes.Configuration;
using Vigia.Kubernetes.Credentials;
using Vigia.Kubernetes.Kubeconfig;

namespace Vigia.Kubernetes;

/// <summary>
/// Finds and reads kubeconfigs by kubectl's rules: <c>--kubeconfig</c>, else <c>$KUBECONFIG</c> (a list, merged), else
/// <c>~/.kube/config</c>, else the pod's service account.
/// </summary>
/// <remarks>
/// Whatever is wrong is one sentence that names file, context and the next step (<see cref="KubeconfigException"/>).
/// Sources: client-go <c>tools/clientcmd</c>, <c>rest.InClusterConfig</c>.
/// </remarks>
public static class KubeconfigLoader
{
    private static readonly string[] TrustMembers = ["certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"];

    /// <summary>Resolves a context.</summary>
    /// <param name="kubeconfigPath">The value of <c>--kubeconfig</c>; null for the other rules.</param>
    /// <param name="context">The value of <c>--context</c>; null for the current context.</param>
    /// <param name="environment">Variables, home and clock; null for the real ones.</param>
    /// <exception cref="KubeconfigException">No usable kubeconfig.</exception>
    public static ClusterConfiguration Load(
        string? kubeconfigPath = null,
        string? context = null,
        KubeconfigEnvironment? environment = null
    )
    {
        environment ??= new KubeconfigEnvironment();
        if (Find(kubeconfigPath, environment) is not { } file)
        {
            return InCluster.TryLoad(environment)
                ?? throw new KubeconfigException(
                    $"no kubeconfig was found: neither --kubeconfig nor $KUBECONFIG is set, {DefaultPath(environment)} "
                        + "does not exist, and this is not a pod with a service account; use --kubeconfig, or try vigia demo"
                );
        }

        // A context may have the empty name, or none: then it is the default one.
        var name = context ?? file.CurrentContext ?? "";
        if (name.Length == 0 && file.Context("") is null)
        {
            throw new KubeconfigException($"{file.Files} has no current-context; choose one with --context: {List(file)}");
        }

        var entry = file.Context(name) ?? throw new KubeconfigException($"{file.Files} has no context \"{name}\"; it has {List(file)}");
        var clusterName = entry.Text("cluster") ?? throw new KubeconfigException($"context \"{name}\" in {entry.File} has no cluster");
        var cluster =
            file.Cluster(clusterName)
            ?? throw new KubeconfigException(
                $"context \"{name}\" in {entry.File} refers to the cluster \"{clusterName}\", which does not exist there"
            );
        var userName = entry.Text("user");
        var user = string.IsNullOrEmpty(userName)
            ? null
            : file.User(userName)
                ?? throw new KubeconfigException(
                    $"context \"{name}\" in {entry.File} refers to the user \"{userName}\", which does not exist there"
                );
        var (insecure, authorities) = Trust(cluster, name);
        return new ClusterConfiguration
        {
            Context = name,
            Cluster = clusterName,
            User = userName,
            Namespace = entry.Text("namespace"),
            Server =
                Url(cluster, "server", ["http", "https"])
                ?? throw new KubeconfigException($"cluster \"{clusterName}\" in {cluster.File} (context \"{name}\") has no server"),
            SourceFile = cluster.File,
            InsecureSkipTlsVerify = insecure,
            TlsServerName = cluster.Text("tls-server-name"),
            CertificateAuthorities = authorities,
            ProxyUrl = Url(cluster, "proxy-url", ["http", "https", "socks5"]),
            DisableCompression = cluster.Flag("disable-compression"),
            Credentials = user is null ? StaticCredential.None : UserCredentials.Create(user, cluster, name, environment),
            ImpersonateUser = Impersonated(user),
            ImpersonateGroups = user is null ? [] : UserCredentials.Texts(user, "as-groups"),
            ImpersonateUid = user?.Text("as-uid"),
            ImpersonateExtra = user is null ? new Dictionary<string, IReadOnlyList<string>>() : UserCredentials.Extra(user),
            PlaceFingerprint = Fingerprint(cluster, [], name, key => !TrustMembers.Contains(key)),
            TrustFingerprint = Fingerprint(cluster, ["certificate-authority"], name, key => key == "insecure-skip-tls-verify"),
            IdentityFingerprint = user is null ? "" : Fingerprint(user, ["client-certificate", "client-key"], name, _ => true),
            Files = [.. Named(cluster, "certificate-authority"), .. user is null ? [] : Named(user, "client-certificate", "client-key")],
        };
    }

    /// <summary>
    /// The default context: the kubeconfig's current one; null if it has none, or if there is no kubeconfig.
    /// </summary>
    /// <exception cref="KubeconfigException">A kubeconfig cannot be read.</exception>
    public static string? CurrentContext(string? kubeconfigPath = null, KubeconfigEnvironment? environment = null) =>
        Find(kubeconfigPath, environment ?? new KubeconfigEnvironment())?.CurrentContext is { Length: > 0 } current ? current : null;

    /// <summary>
    /// The files of a kubeconfig, including those that would become part of it if they existed: check them to detect a
    /// change.
    /// </summary>
    public static IReadOnlyList<string> Files(string? kubeconfigPath = null, KubeconfigEnvironment? environment = null)
    {
        environment ??= new KubeconfigEnvironment();
        return !string.IsNullOrEmpty(kubeconfigPath) ? [kubeconfigPath]
            : environment.Variable("KUBECONFIG") is { Length: > 0 } list
                ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [DefaultPath(environment)];
    }

    /// <summary>The available contexts, sorted; empty if there is no kubeconfig.</summary>
    /// <exception cref="KubeconfigException">A kubeconfig cannot be read.</exception>
    public static IReadOnlyList<string> Contexts(string? kubeconfigPath = null, KubeconfigEnvironment? environment = null) =>
        [.. Find(kubeconfigPath, environment ?? new KubeconfigEnvironment())?.Contexts ?? []];

    private static KubeconfigFile? Find(string? kubeconfigPath, KubeconfigEnvironment environment)
    {
        var file = new KubeconfigFile();
        if (!string.IsNullOrEmpty(kubeconfigPath))
        {
            file.Read(kubeconfigPath);
            return file;
        }

        if (environment.Variable("KUBECONFIG") is { Length: > 0 } list)
        {
            // Missing files in the list are skipped, as kubectl does. If all are missing, that is an error here: with
            // kubectl it silently leads to localhost:8080.
            var paths = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var present = paths.Where(File.Exists).ToArray();
            if (present.Length == 0)
            {
                throw new KubeconfigException(
                    $"$KUBECONFIG names {string.Join(", ", paths)}, which does not exist; correct it, or unset it to use "
                        + $"{DefaultPath(environment)}"
                );
            }

            foreach (var path in present)
            {
                file.Read(path);
            }

            return file;
        }

        if (!File.Exists(DefaultPath(environment)))
        {
            return null;
        }

        file.Read(DefaultPath(environment));
        return file;
    }

    /// <summary>
    /// Whom a user impersonates. Groups, uid and properties belong to that user: without it they would be left out in
    /// silence.
    /// </summary>
    private static string? Impersonated(KubeconfigEntry? user)
    {
        var impersonated = user?.Text("as");
        if (
            user is not null
            && string.IsNullOrEmpty(impersonated)
            && (
                UserCredentials.Texts(user, "as-groups").Count > 0
                || user.Text("as-uid") is { Length: > 0 }
                || UserCredentials.Extra(user).Count > 0
            )
        )
        {
            throw new KubeconfigException(
                $"user \"{user.Name}\" in {user.File} impersonates groups, a uid or properties without a user: add as, or remove them"
            );
        }

        return impersonated;
    }

    private static string DefaultPath(KubeconfigEnvironment environment) => Path.Combine(environment.Home, ".kube", "config");

    private static string List(KubeconfigFile file) => file.Contexts.Any() ? string.Join(", ", file.Contexts) : "none";

    private static Uri? Url(KubeconfigEntry cluster, string member, string[] schemes)
    {
        if (cluster.Text(member) is not { Length: > 0 } text)
        {
            return null;
        }

        // kubectl treats a bare host as http.
        var url = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(url, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme) && uri.Host.Length > 0
            ? uri
            : throw new KubeconfigException(
                $"{member} of cluster \"{cluster.Name}\" in {cluster.File} is '{text}', which is not a URL of the "
                    + $"form {schemes[^1]}://HOST:PORT"
            );
    }

    /// <summary>The relevant files: if the kubeconfig itself has the data, the file is not read.</summary>
    private static IEnumerable<string> Named(KubeconfigEntry entry, params string[] members) =>
        members.Where(member => entry.Text(member + "-data") is not { Length: > 0 }).Select(entry.Path).OfType<string>();

    private static string Fingerprint(KubeconfigEntry entry, string[] pems, string context, Func<string, bool> counts)
    {
        var text = new StringWriter();
        foreach (var (key, value) in entry.Body.Children.Where(member => counts(member.Key.ToString())))
        {
            text.Write($"{key}={value}\n");
        }

        foreach (var pem in pems)
        {
            text.Write(Pem.Read(entry, pem, context));
        }

        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static (bool Insecure, X509Certificate2Collection? Authorities) Trust(KubeconfigEntry cluster, string context)
    {
        var insecure = cluster.Flag("insecure-skip-tls-verify");
        var pem = Pem.Read(cluster, "certificate-authority", context);
        if (pem is null)
        {
            return (insecure, null);
        }

        if (insecure)
        {
            throw new KubeconfigException(
                $"cluster \"{cluster.Name}\" in {cluster.File} has both insecure-skip-tls-verify and a certificate-authority; remove one"
            );
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new KubeconfigException(
                $"the certificate-authority of cluster \"{cluster.Name}\" in {cluster.File} is not a PEM certificate: "
                    + $"{error.Message.TrimEnd('.')}",
                error
            );
        }

        return authorities.Count > 0
            ? (false, authorities)
            : throw new KubeconfigException(
                $"the certificate-authority of cluster \"{cluster.Name}\" in {cluster.File} contains no PEM certificate"
            );
    }
}
