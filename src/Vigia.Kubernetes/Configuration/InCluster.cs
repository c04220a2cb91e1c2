using System.Security.Cryptography.X509Certificates;
using Vigia.Kubernetes.Credentials;

namespace Vigia.Kubernetes.Configuration;

/// <summary>The configuration of a pod: its service account (client-go <c>rest.InClusterConfig</c>).</summary>
internal static class InCluster
{
    public static ClusterConfiguration? TryLoad(KubeconfigEnvironment environment)
    {
        var (host, port) = (environment.Variable("KUBERNETES_SERVICE_HOST"), environment.Variable("KUBERNETES_SERVICE_PORT"));
        var token = Path.Combine(environment.ServiceAccountDirectory, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
        {
            return null;
        }

        X509Certificate2Collection? authorities = null;
        var ca = Path.Combine(environment.ServiceAccountDirectory, "ca.crt");
        if (File.Exists(ca))
        {
            authorities = [];
            authorities.ImportFromPemFile(ca);
        }

        var ns = Path.Combine(environment.ServiceAccountDirectory, "namespace");
        return new ClusterConfiguration
        {
            Context = "in-cluster",
            Cluster = "in-cluster",
            User = "service account",
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : null,
            Server = new Uri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            CertificateAuthorities = authorities,
            Credentials = new TokenFileCredential(token, null, environment.Time),
        };
    }
}
