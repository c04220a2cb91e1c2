using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Vigia.Kubernetes.Kubeconfig;
using YamlDotNet.RepresentationModel;

namespace Vigia.Kubernetes.Credentials;

/// <summary>
/// Creates the credential source of a kubeconfig's user. Precedence as in client-go: token before tokenFile, in
/// addition to basic and certificate; exec if nothing else is set.
/// </summary>
internal static class UserCredentials
{
    public static ICredentialSource Create(KubeconfigEntry user, KubeconfigEntry cluster, string context, KubeconfigEnvironment environment)
    {
        if (user.Body.Children.TryGetValue(new YamlScalarNode("auth-provider"), out var provider) && provider is YamlMappingNode legacy)
        {
            throw new KubeconfigException(
                $"user \"{user.Name}\" in {user.File} uses the auth-provider \"{KubeconfigFile.Text(legacy, "name")}\", which kubectl "
                    + $"removed in 1.26; replace it by an exec plugin (for example kubelogin or gke-gcloud-auth-plugin)"
            );
        }

        var certificate = Certificate(user, context);
        if (user.Text("token") is { Length: > 0 } token)
        {
            return new StaticCredential(With("Bearer " + Header(token, "token", user), certificate));
        }

        if (user.Path("tokenFile") is { } file)
        {
            return new TokenFileCredential(file, certificate, environment.Time);
        }

        if (user.Text("username") is { Length: > 0 } name)
        {
            var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}"));
            return new StaticCredential(With("Basic " + pair, certificate));
        }

        if (user.Body.Children.TryGetValue(new YamlScalarNode("exec"), out var exec) && exec is YamlMappingNode plugin)
        {
            return new ExecCredential(ExecPlugin.Read(plugin, user, cluster), environment.Time);
        }

        return certificate is null ? StaticCredential.None : new StaticCredential(With(null, certificate));
    }

    private static Credential With(string? header, Credential? certificate) =>
        (certificate ?? Credential.None) with
        {
            AuthorizationHeader = header,
        };

    /// <summary>A text that is used in a header unchanged.</summary>
    private static string Header(string text, string member, KubeconfigEntry user) =>
        text.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new KubeconfigException(
                $"the {member} of user \"{user.Name}\" in {user.File} has a blank, a line end or another character "
                    + "that is not allowed in a header; is it wrapped over several lines?"
            )
            : text;

    /// <summary>The texts of a list member; empty if it is absent.</summary>
    public static IReadOnlyList<string> Texts(KubeconfigEntry entry, string member) =>
        entry.Body.Children.TryGetValue(new YamlScalarNode(member), out var value) && value is YamlSequenceNode list
            ? [.. list.OfType<YamlScalarNode>().Select(item => item.Value ?? "")]
            : [];

    /// <summary>The member <c>as-user-extra</c>: lists of texts by name.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Extra(KubeconfigEntry entry) =>
        entry.Body.Children.TryGetValue(new YamlScalarNode("as-user-extra"), out var value) && value is YamlMappingNode extra
            ? extra
                .Children.Where(pair => pair.Value is YamlSequenceNode)
                .ToDictionary(
                    pair => pair.Key.ToString(),
                    pair =>
                        (IReadOnlyList<string>)[.. ((YamlSequenceNode)pair.Value).OfType<YamlScalarNode>().Select(item => item.Value ?? "")]
                )
            : new Dictionary<string, IReadOnlyList<string>>();

    private static Credential? Certificate(KubeconfigEntry user, string context)
    {
        var certificate = Pem.Read(user, "client-certificate", context);
        var key = Pem.Read(user, "client-key", context);
        if (certificate is null && key is null)
        {
            return null;
        }

        if (certificate is null || key is null)
        {
            throw new KubeconfigException(
                $"user \"{user.Name}\" in {user.File} has a "
                    + $"client-{(key is null ? "certificate without a client-key" : "key without a client-certificate")}"
            );
        }

        try
        {
            return FromPem(certificate, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException(
                $"the client-certificate and client-key of user \"{user.Name}\" in {user.File} do not belong "
                    + $"together: {error.Message.TrimEnd('.')}",
                error
            );
        }
    }

    /// <summary>
    /// A certificate with its key, in a form that TLS accepts on every platform, and the other certificates of the
    /// text.
    /// </summary>
    internal static Credential FromPem(string certificate, string key)
    {
        using var pem = X509Certificate2.CreateFromPem(certificate, key);
        var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificate);
        return new Credential(null, leaf) { ClientCertificateChain = [.. all.Where(other => other.Thumbprint != leaf.Thumbprint)] };
    }
}
